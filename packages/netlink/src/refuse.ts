import { TsnctlError } from '@tsnctl/codec';

/** A spec that the kernel could only refuse: `path` names the field, `hint` says what would do. @throws TsnctlError SPEC */
export function refuse(path: string, message: string, hint: string): never {
  throw new TsnctlError('SPEC', `${path}: ${message}`, { hint });
}
