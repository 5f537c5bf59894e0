import { decode } from '@tsnctl/codec';
import { isErrno } from '@tsnctl/linux';
import { idAttr } from './attr.ts';
import { bpf } from './bpf.ts';

/** The ids of all maps, programs or links of this machine, upwards; those that come meanwhile are among them. */
export function* objectIds(
  next: 'MAP_GET_NEXT_ID' | 'PROG_GET_NEXT_ID' | 'LINK_GET_NEXT_ID',
): Generator<number, void> {
  for (let id = 0; ; ) {
    const found = nextId(next, id);
    if (found === undefined) return;
    yield found;
    id = found;
  }
}

function nextId(next: Parameters<typeof objectIds>[0], id: number): number | undefined {
  try {
    return decode(idAttr, bpf(next, idAttr, { id, nextId: 0, openFlags: 0 }).attr).nextId;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
