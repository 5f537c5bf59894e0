import { struct, u32 } from '@tsnctl/codec';
import { words } from '../words.ts';
import type { QdiscKind } from './kind.ts';

/** tc-pfifo(8): as many as the interface's txqueuelen unless told. */
export interface PfifoOptions {
  readonly limitPackets: number;
}

/** One queue, first in first out, limited in packets. */
export const pfifo: QdiscKind<PfifoOptions> = {
  kind: 'pfifo',
  multiClass: false,
  clock: 'none',
  timeAware: false,
  options: struct({ limitPackets: u32 }), // struct tc_fifo_qopt in linux/pkt_sched.h
  words: ({ limitPackets }) => words({ limit: limitPackets }),
};
