import { expect, it } from 'vitest';
import { qemuArguments } from './qemu.ts';

const machine = {
  image: { release: '6.12-amd64', version: '6.12-1', vmlinuz: '/k/vmlinuz', modules: '/k/modules' },
  initramfs: '/t/initramfs',
  console: '/t/a,b',
  share: '/t/share',
  cpus: 2,
  memoryMiB: 512,
  terminal: false,
  accelerator: ['-accel', 'tcg'],
  append: 'isolcpus=1',
};

it('boots the kernel with the console in a file, and shares two directories, the root not to be written', () => {
  const line = qemuArguments(machine).join(' ');
  expect(line).toContain('-accel tcg -smp 2 -m 512 -kernel /k/vmlinuz -initrd /t/initramfs');
  expect(line).toContain('-chardev file,id=console,path=/t/a,,b -serial chardev:console');
  expect(line).toContain('local,id=root,path=/,security_model=none,readonly=on,');
  expect(line).toContain('local,id=share,path=/t/share,security_model=none -device');
  expect(line).toMatch(/-append console=ttyS0 .*panic=-1 oops=panic .*isolcpus=1/);
  expect(line).not.toContain('stdio');
});

it('gives the guest a terminal as its second serial line', () => {
  const line = qemuArguments({ ...machine, terminal: true }).join(' ');
  expect(line).toMatch(/chardev:console .*-chardev stdio,id=terminal,signal=off -serial chardev:terminal/);
});
