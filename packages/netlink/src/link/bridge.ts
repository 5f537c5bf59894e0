import { attrs, type Infer, u8, u16, u32 } from '@tsnctl/codec';
import { compact } from '../compact.ts';
import type { CommonLinkSpec, LinkKind } from './kind.ts';

/** A switch in software. Times are in hundredths of a second, as in ip(8). */
export interface BridgeSpec extends CommonLinkSpec {
  readonly kind: 'bridge';
  readonly vlanFiltering?: boolean;
  readonly stp?: boolean;
  readonly forwardDelay?: number;
}

// IFLA_BR_* in linux/if_link.h
const data = attrs({
  forwardDelay: [1, u32],
  helloTime: [2, u32],
  maxAge: [3, u32],
  ageingTime: [4, u32],
  stpState: [5, u32],
  priority: [6, u16],
  vlanFiltering: [7, u8],
});

export type BridgeData = Infer<typeof data>;

export const bridge: LinkKind<BridgeSpec, BridgeData> = {
  kind: 'bridge',
  data,
  fields: { stpState: 'stp' },
  encode: (spec) => {
    const options = compact({
      vlanFiltering: bit(spec.vlanFiltering),
      stpState: bit(spec.stp),
      forwardDelay: spec.forwardDelay,
    });
    return Object.keys(options).length > 0 ? options : undefined;
  },
  words: (spec) =>
    Object.entries(
      compact({
        vlan_filtering: bit(spec.vlanFiltering),
        stp_state: bit(spec.stp),
        forward_delay: spec.forwardDelay,
      }),
    ).flat(),
};

function bit(value: boolean | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}
