import type { Codec } from '@tsnctl/codec';
import type { FieldNames } from '../field-names.ts';
import type { Word } from '../words.ts';

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
export interface QdiscKind<Options = unknown, AppStats = unknown, ClassOptions = unknown> extends QdiscFacts {
  /** TCA_OPTIONS, where they are encoded here. */
  readonly options?: Codec<Options>;
  /** What is sent where a spec has no options. */
  readonly defaults?: Options;
  /** Refuses options that contradict themselves. @throws TsnctlError SPEC */
  readonly check?: (options: Options) => void;
  /** Which of the options an attribute is, where it has another name; `''` is all of them. */
  readonly fields?: FieldNames;
  /** The words that follow `tc qdisc add ... KIND`. */
  readonly words?: (options: Options) => Word[];
  /** TCA_STATS_APP: what it counts beyond what all count. */
  readonly appStats?: Codec<AppStats>;
  /** Which TX queue a class stands for, counted from 0, where classes stand for queues. */
  readonly txQueueOf?: (classMinor: number) => number | undefined;
  /** Which of the priorities 0 to 15 a class gets, where the priority alone decides. */
  readonly prioritiesOf?: (options: Options, classMinor: number) => number[];
  /** How its classes are made and changed, where they can be: those of mq, mqprio and taprio are the kernel's. */
  readonly classes?: ClassKind<ClassOptions>;
  /**
   * It can only be an interface's root. Asked for another place, Linux refuses, and all the same takes from the
   * interface the traffic classes that its root has set up: seen on 6.12.
   */
  readonly rootOnly?: boolean;
  /** Where it goes, if there is only one such place. */
  readonly parent?: number;
  readonly handle?: number;
}

/** The classes of one kind of qdisc. */
export interface ClassKind<Options = unknown> {
  readonly options: Codec<Options>;
  readonly check: (options: Options) => void;
  readonly fields: FieldNames;
  /** The words that follow `tc class add ... KIND`. */
  readonly words: (options: Options) => Word[];
}
