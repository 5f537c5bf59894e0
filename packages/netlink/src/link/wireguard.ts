import { rest } from '@tsnctl/codec';
import type { CommonLinkSpec, LinkKind } from './kind.ts';

/** An encrypted tunnel. Its keys and peers come by setWireguard, over generic netlink. */
export interface WireguardSpec extends CommonLinkSpec {
  readonly kind: 'wireguard';
}

export const wireguard: LinkKind<WireguardSpec, Uint8Array> = {
  kind: 'wireguard',
  data: rest,
  encode: () => undefined,
  words: () => [],
};
