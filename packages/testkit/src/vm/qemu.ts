import type { KernelImage } from './kernel-image.ts';

export const QEMU = 'qemu-system-x86_64';

export interface Machine {
  readonly image: KernelImage;
  readonly initramfs: string;
  readonly console: string;
  /** The directory that both see, which the guest may write to. */
  readonly share: string;
  readonly cpus: number;
  readonly memoryMiB: number;
  /** Give the guest this process's terminal, as its second serial line. */
  readonly terminal: boolean;
  readonly accelerator: readonly string[];
  readonly append: string;
}

/** The arguments of qemu: a kernel, two directories, a console in a file, and nothing else. */
export function qemuArguments(machine: Machine): string[] {
  const { image, initramfs, console, share, cpus, memoryMiB, terminal, accelerator, append } = machine;
  const kernelArguments = [
    'console=ttyS0',
    'loglevel=5',
    // The end of a panic is the end of qemu, by -no-reboot.
    'panic=-1',
    'oops=panic',
    // Emulated, these only cost time.
    'mitigations=off',
    'no5lvl',
    'tsc=reliable',
    append,
  ];
  return [
    ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    accelerator,
    ['-smp', String(cpus), '-m', String(memoryMiB)],
    ['-kernel', image.vmlinuz, '-initrd', initramfs],
    ['-append', kernelArguments.filter(Boolean).join(' ')],
    ['-chardev', `file,id=console,path=${escaped(console)}`, '-serial', 'chardev:console'],
    terminal ? ['-chardev', 'stdio,id=terminal,signal=off', '-serial', 'chardev:terminal'] : [],
    directory('root', '/', ['readonly=on', 'multidevs=remap']),
    directory('share', share, []),
  ].flat();
}

function directory(name: string, path: string, options: readonly string[]): string[] {
  const fsdev = ['local', `id=${name}`, `path=${escaped(path)}`, 'security_model=none', ...options].join(',');
  return ['-fsdev', fsdev, '-device', `virtio-9p-pci,fsdev=${name},mount_tag=${name}`];
}

/** A comma ends a value of qemu's; two of them are one. */
function escaped(path: string): string {
  return path.replaceAll(',', ',,');
}
