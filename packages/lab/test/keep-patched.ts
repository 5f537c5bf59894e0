import { addQdisc } from '@tsnctl/netlink';
import type { Lab } from '../src/lab.ts';
import { Socket } from './socket.ts';

const HOOKS = ['prerouting', 'input', 'forward', 'output', 'postrouting'];

/**
 * The kernel patches its own code when the first of some things comes and the last one goes: in an emulated machine
 * that can be its end (`emulator fault` in the testkit). So one of each stays as long as the lab, whatever rows come
 * and go: a receiver that wants timestamps, a clsact qdisc, netfilter's hooks.
 */
export function keepPatched(lab: Lab): void {
  const host = lab.host('keeper');
  lab.use(Socket.open(host, 'udp', 4).timestamps('ns'));
  host.request(addQdisc({ index: host.index('lo'), kind: 'clsact' }));
  const chains = HOOKS.map((hook) => `chain ${hook} { type filter hook ${hook} priority 0; }`);
  host.nft(['table inet keeper {', ...chains, '}'].join('\n'));
}
