import { struct, u32 } from '@tsnctl/codec';
import { words } from '../words.ts';
import type { QdiscKind } from './kind.ts';

/** tc-bfifo(8): as many as the interface's txqueuelen times its MTU unless told. */
export interface BfifoOptions {
  readonly limitBytes: number;
}

/** One queue, first in first out, limited in bytes. */
export const bfifo: QdiscKind<BfifoOptions> = {
  kind: 'bfifo',
  multiClass: false,
  clock: 'none',
  timeAware: false,
  options: struct({ limitBytes: u32 }), // struct tc_fifo_qopt in linux/pkt_sched.h
  words: ({ limitBytes }) => words({ limit: limitBytes }),
};
