import type { Codec } from '@tsnctl/codec';
import type { FieldNames } from '../field-names.ts';
import type { Word } from '../words.ts';

/** What every link can be born with. `netnsFd` puts it into the namespace of an open /proc/PID/ns/net. */
export interface CommonLinkSpec {
  readonly name: string;
  readonly netnsFd?: number;
  readonly mtu?: number;
  readonly address?: string;
  readonly numTxQueues?: number;
  readonly numRxQueues?: number;
  readonly up?: boolean;
  /** The index of the device below, for kinds that have one: vlan, macvlan, ipvlan. */
  readonly link?: number;
}

/** All that is known of one kind of link; its file is the only place that knows it. */
export interface LinkKind<Spec, Data> {
  readonly kind: string;
  /** IFLA_INFO_DATA */
  readonly data: Codec<Data>;
  /** What a request carries there; nothing where the spec has no say. */
  encode(spec: Spec): Data | undefined;
  /** Which field of the spec an attribute of the data is, where it has another name. */
  readonly fields?: FieldNames;
  /** The words that follow `ip link add ... type KIND`. */
  words(spec: Spec): Word[];
}
