import type { Codec } from '@tsnctl/codec';

/** What the proxy and the tuner have to know of a qdisc, whether or not its options are encoded here. */
export interface QdiscFacts {
  readonly kind: string;
  /** It was set up to treat priorities differently: a queue or class is chosen by skb->priority. */
  readonly multiClass: boolean;
  /** The clock in which it reads a packet's launch time, skb->tstamp; none if it reads no launch time. */
  readonly clock: 'tai' | 'mono' | 'none';
  /** When a packet leaves is a matter of time: of its launch time, or of gates. */
  readonly timeAware: boolean;
}

/** One kind of qdisc; its file is the only place that knows it. */
export interface QdiscKind extends QdiscFacts {
  /** TCA_OPTIONS, where they are encoded here. */
  readonly options?: Codec<unknown>;
  /** Where it goes, if there is only one such place. */
  readonly parent?: number;
  readonly handle?: number;
}
