import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BpfObject } from 'libbpf-ts';
import type { Host } from '../src/host.ts';
import type { Lab } from '../src/lab.ts';

/** In the driver, as a CNI of XDP does it, or for all devices alike, in the network stack. */
export type XdpMode = 'xdpdrv' | 'xdpgeneric';

/** An XDP program on an interface that lets everything pass. It goes with the interface. */
export function passByXdp(lab: Lab, host: Host, device: string, mode: XdpMode): void {
  const elf = readFileSync(fileURLToPath(import.meta.resolve('@tsnctl/bpf/lab/xdp_pass.bpf.o')));
  using object = BpfObject.open(elf, 'xdp_pass').load();
  using program = object.program('xdp_pass');
  const path = join(lab.bpffs, 'xdp_pass');
  program.pin(path);
  const words = ['link', 'set', 'dev', device, mode, 'pinned', path];
  const { status, stderr } = host.netns.run(() => spawnSync('ip', words));
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}
