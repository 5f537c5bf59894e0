import { type Word, word, words } from '../words.ts';
import { dev as deviceName } from './dev.ts';
import type { CommonLinkSpec } from './kind.ts';

/** What tunnels over IPv4 have in common. `dev` is the index of the device below; a ttl of 0 is the inner packet's. */
export interface TunnelSpec extends CommonLinkSpec {
  readonly local?: string;
  readonly remote?: string;
  readonly ttl?: number;
  readonly tos?: number;
  /** The outer packet must not be fragmented; true unless told. Needs to be, with a ttl. */
  readonly pmtudisc?: boolean;
  readonly dev?: number;
  /** Where to and by whom is told packet by packet: by a route, a filter or a BPF program. */
  readonly external?: boolean;
}

/** The words of a tunnel; `own` are those of its kind. */
export function tunnelWords(spec: TunnelSpec, own: Readonly<Record<string, Word | undefined>> = {}): Word[] {
  const { local, remote, ttl, tos, pmtudisc, dev, external } = spec;
  return [
    ...words({ local, remote, ttl, tos, ...own, dev: dev && deviceName(dev) }),
    ...word('nopmtudisc', pmtudisc === false),
    ...word('external', external),
  ];
}
