import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from './cache.ts';
import type { KernelImage } from './kernel-image.ts';
import { QEMU } from './qemu.ts';

const KVM = ['-accel', 'kvm', '-cpu', 'host'];
const EMULATION = ['-accel', 'tcg,thread=multi', '-cpu', 'max'];
const TRIAL_MS = 10_000;

/** KVM where it works, emulation elsewhere. /dev/kvm may be there and fail, so it is tried, once after each start of this machine. */
export async function accelerator(image: KernelImage): Promise<readonly string[]> {
  if (!existsSync('/dev/kvm')) return EMULATION;
  const note = join(cacheDirectory(), 'kvm.json');
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const known = existsSync(note) ? JSON.parse(readFileSync(note, 'utf8')) : undefined;
  const works: boolean = known?.bootId === bootId ? known.works : await kvmBoots(image);
  writeFileSync(note, JSON.stringify({ bootId, works }));
  return works ? KVM : EMULATION;
}

/** A kernel without a root panics and restarts, which ends qemu. Where KVM fails, qemu complains and stays. */
async function kvmBoots({ vmlinuz }: KernelImage): Promise<boolean> {
  const nothing = ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-m', '512'];
  const args = [...KVM, ...nothing, '-kernel', vmlinuz, '-append', 'panic=-1'];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', QEMU, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const end = () => child.kill('SIGKILL');
  const timer = setTimeout(end, TRIAL_MS);
  child.stderr.on('data', end);
  await once(child, 'close');
  clearTimeout(timer);
  return child.exitCode === 0;
}
