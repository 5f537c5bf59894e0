import { type ConfDir, DROP_IN_NAME } from '@tsnctl/cni';

/** Whether the runtime has drop-ins: whoever has put our plugin into a directory of them knew that it reads it. Pure. */
export function readsDropIns({ dropIns }: ConfDir): boolean {
  return Object.values(dropIns).some((files) => files.some(({ name }) => name === DROP_IN_NAME));
}
