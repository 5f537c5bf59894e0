import { NIC, POD_SIDE } from '../stage.ts';
import { packetsOf } from './counter.ts';
import type { Path } from './path.ts';
import { ptp } from './ptp.ts';

/** Flows past routing and netfilter, once the first packets have found their way: nftables' flowtable. */
export const flowtable: Path = {
  ...ptp,
  name: 'flowtable',
  title: 'point-to-point veth, nftables flowtable',
  usedBy: ['hosts with offloaded flows'],
  lay(stage) {
    const target = ptp.lay(stage);
    stage.node.nft(`
      table inet lab {
        flowtable fast {
          hook ingress priority filter
          devices = { ${POD_SIDE}, ${NIC} }
        }
        chain forward {
          type filter hook forward priority filter
          meta l4proto { tcp, udp } counter name slow flow add @fast
        }
        counter slow { }
      }`);
    return target;
  },
  // What the table forwards does not come by here: of some hundred packets only each flow's first.
  wasTaken: ({ node }) => packetsOf(node, 'slow') < 200,
};
