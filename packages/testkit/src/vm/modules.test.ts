import { expect, it } from 'vitest';
import { moduleClosure, moduleName, parseModules } from './modules.ts';

// As depmod(8) writes them: everything that a module needs, direct or not.
const dep = `kernel/fs/9p/9p.ko.xz: kernel/fs/netfs/netfs.ko.xz kernel/net/9p/9pnet.ko.xz
kernel/fs/netfs/netfs.ko.xz:
kernel/net/9p/9pnet.ko.xz: kernel/fs/netfs/netfs.ko.xz
kernel/net/9p/9pnet_virtio.ko.xz: kernel/net/9p/9pnet.ko.xz kernel/fs/netfs/netfs.ko.xz
`;
const index = parseModules(dep, 'kernel/drivers/virtio/virtio-pci.ko\n');

it('loads each module once, after all that it needs', () => {
  expect(moduleClosure(index, ['virtio_pci', '9pnet_virtio', '9p'])).toEqual([
    'kernel/fs/netfs/netfs.ko.xz',
    'kernel/net/9p/9pnet.ko.xz',
    'kernel/net/9p/9pnet_virtio.ko.xz',
    'kernel/fs/9p/9p.ko.xz',
  ]);
});

it('names a module that the kernel does not have', () => {
  expect(() => moduleClosure(index, ['sch_etf'])).toThrow('this kernel has no module sch_etf');
});

it.each([
  ['kernel/net/sched/sch_etf.ko', 'sch_etf'],
  ['kernel/net/sched/sch-etf.ko.zst', 'sch_etf'],
  ['virtio-pci', 'virtio_pci'],
])('moduleName %s', (file, name) => {
  expect(moduleName(file)).toBe(name);
});
