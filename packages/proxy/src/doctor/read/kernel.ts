import { existsSync } from 'node:fs';
import { release, version } from 'node:os';
import { qdiscFacts } from '@tsnctl/netlink';
import { readIfThere } from '../../files.ts';
import { see } from '../fact.ts';
import type { KernelFacts } from '../node-facts.ts';

/** The kernel, and which of the qdiscs that obey it has. */
export function readKernel(): KernelFacts {
  return {
    release: release(),
    build: version(),
    btf: see(() => existsSync('/sys/kernel/btf/vmlinux')),
    qdiscModules: see(() => readModules(release())),
  };
}

const QDISCS = ['taprio', 'mqprio', 'etf', 'cbs', 'fq'].filter((kind) => qdiscFacts(kind) !== undefined);

/** As modprobe(8) would find them: loaded, in modules.dep, or part of the kernel. */
function readModules(kernel: string): Record<string, 'loaded' | 'loadable' | 'missing'> {
  const directory = `/lib/modules/${kernel}`;
  const [builtIn, loadable] = ['modules.builtin', 'modules.dep'].map((name) =>
    readIfThere(`${directory}/${name}`)?.toString(),
  );
  const symbols = builtIn === undefined ? (readIfThere('/proc/kallsyms')?.toString() ?? '') : '';
  return Object.fromEntries(
    QDISCS.map((kind) => {
      const file = new RegExp(`/sch_${kind}\\.ko`);
      if (existsSync(`/sys/module/sch_${kind}`) || file.test(builtIn ?? '')) return [kind, 'loaded'];
      if (file.test(loadable ?? '')) return [kind, 'loadable'];
      return [kind, symbols.includes(` ${kind}_enqueue`) ? 'loaded' : 'missing'];
    }),
  );
}
