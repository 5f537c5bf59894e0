import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { abilities } from '@tsnctl/proxy';
import { BpfObject } from 'libbpf-ts';
import { placeLast } from '../place-last.ts';
import { NEIGHBOUR_SIDE, NIC, POD_SIDE, type Stage } from '../stage.ts';
import { NEIGHBOUR_PORT, type Path } from './path.ts';
import { ptp } from './ptp.ts';

/** enum how in bpf/lab/redirector.bpf.c */
const hows = { neighbour: 0, asItIs: 1, intoPeer: 2 } as const;

/** From the pod's host side to the NIC; the kernel finds the neighbour. */
export const redirectNeigh: Path = {
  ...ptp,
  name: 'redirect-neigh',
  title: 'eBPF: bpf_redirect_neigh to the NIC',
  usedBy: ['Cilium', 'Calico, eBPF'],
  lay(stage) {
    const target = ptp.lay(stage);
    redirect(stage, POD_SIDE, NIC, 'neighbour');
    return target;
  },
};

/** The same by plain bpf_redirect, with the Ethernet addresses that the program knows. */
export const redirectPlain: Path = {
  ...ptp,
  name: 'redirect',
  title: 'eBPF: bpf_redirect to the NIC',
  usedBy: ['Calico, eBPF'],
  lay(stage) {
    const target = ptp.lay(stage);
    redirect(stage, POD_SIDE, NIC, 'asItIs');
    return target;
  },
};

/** What comes in goes into the pod past its host side; so do packets to a second pod of the node. */
export const redirectPeer: Path = {
  ...redirectNeigh,
  name: 'redirect-peer',
  title: 'eBPF: replies and pods of the node by bpf_redirect_peer',
  usedBy: ['Cilium', 'Calico, eBPF'],
  lay(stage) {
    const target = redirectNeigh.lay(stage);
    redirect(stage, NIC, POD_SIDE, 'intoPeer');
    return target;
  },
};

/** From now on packets of an interface go straight to another, once the proxy's program has seen them. */
function redirect(
  { lab, node, outside, neighbour }: Stage,
  from: string,
  to: string,
  how: keyof typeof hows,
) {
  const elf = readFileSync(fileURLToPath(import.meta.resolve('@tsnctl/bpf/lab/redirector.bpf.o')));
  using object = BpfObject.open(elf, 'redirector')
    .setConstants({
      device: node.index(to),
      how: hows[how],
      destination: number(outside.hardwareAddress('eth0')),
      source: number(node.hardwareAddress(NIC)),
      near: neighbour ? node.index(NEIGHBOUR_SIDE) : 0,
      near_port: NEIGHBOUR_PORT,
    })
    .load();
  using program = object.program('redirector');
  const via = abilities().tcx ? 'tcx' : 'clsact';
  const link = placeLast(program, { host: node, device: from, direction: 'ingress', via });
  if (link) lab.use(link);
}

/** A hardware address, its first byte lowest. */
function number(address: string): bigint {
  return BigInt(`0x${address.split(':').reverse().join('')}`);
}
