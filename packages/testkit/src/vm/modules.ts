import { VmError } from './vm-error.ts';

/** Files of a kernel's modules, below /lib/modules/RELEASE, by the modules' names; and what each needs. */
export interface ModuleIndex {
  readonly files: ReadonlyMap<string, string>;
  readonly needs: ReadonlyMap<string, readonly string[]>;
  readonly builtin: ReadonlySet<string>;
}

/** Read what depmod(8) wrote: modules.dep and modules.builtin. */
export function parseModules(dep: string, builtin: string): ModuleIndex {
  const files = new Map<string, string>();
  const needs = new Map<string, readonly string[]>();
  for (const line of dep.split('\n').filter(Boolean)) {
    const [file = '', list = ''] = line.split(':');
    files.set(moduleName(file), file);
    needs.set(file, list.split(' ').filter(Boolean));
  }
  return { files, needs, builtin: new Set(builtin.split('\n').filter(Boolean).map(moduleName)) };
}

/** The files to load for these modules, each after what it needs. What is built in needs no file. */
export function moduleClosure(index: ModuleIndex, names: readonly string[]): string[] {
  const ordered = new Set<string>();
  const add = (file: string) => {
    if (ordered.has(file)) return;
    // depmod lists all that a module needs, the ones that come first at the end.
    for (const need of [...(index.needs.get(file) ?? [])].reverse()) add(need);
    ordered.add(file);
  };
  for (const name of names.map(moduleName)) {
    const file = index.files.get(name);
    if (file !== undefined) add(file);
    else if (!index.builtin.has(name)) throw new VmError(`this kernel has no module ${name}`);
  }
  return [...ordered];
}

/** kernel/net/sched/sch-etf.ko.xz is sch_etf. */
export function moduleName(file: string): string {
  return (file.split('/').at(-1) ?? '').replace(/\.ko(\.\w+)?$/, '').replaceAll('-', '_');
}
