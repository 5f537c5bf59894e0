import type { PhcSource } from './node-facts.ts';

/** How the configuration's files are come by. */
export interface ChronyFiles {
  read(path: string): string;
  /** Those that exist, in order. */
  matching(pattern: string): readonly string[];
}

/** Files that name each other: chrony itself allows ten. */
const DEEPEST = 10;

/** The hardware clocks (`refclock PHC`) of a chrony.conf and what it includes: chrony.conf(5). Pure. */
export function phcSources(file: string, files: ChronyFiles): PhcSource[] {
  const refclocks = directives(file, files, 0).filter(({ words: [name] }) => name === 'refclock');
  return refclocks.flatMap(({ words: [, driver = '', parameter = '', ...options], from }, at) => {
    if (driver.toUpperCase() !== 'PHC') return [];
    const [device = ''] = parameter.split(':'); // options of the driver follow
    const refid = options[options.findIndex((word) => word.toLowerCase() === 'refid') + 1];
    const isNamed = options.some((word) => word.toLowerCase() === 'refid');
    return [{ device, refid: isNamed && refid !== undefined ? refid : `PHC${at}`, file: from }];
  });
}

interface Directive {
  readonly words: readonly string[];
  readonly from: string;
}

function directives(from: string, files: ChronyFiles, depth: number): Directive[] {
  if (depth > DEEPEST) return [];
  return files
    .read(from)
    .split('\n')
    .flatMap((line): Directive[] => {
      const [name = '', ...rest] = line.trim().split(/\s+/);
      if (name === '' || /^[!;#%]/.test(name)) return [];
      const more = includes[name.toLowerCase()]?.(rest);
      if (more === undefined) return [{ words: [name.toLowerCase(), ...rest], from }];
      return more
        .flatMap((pattern) => files.matching(pattern))
        .flatMap((path) => directives(path, files, depth + 1));
    });
}

/** Directives that name other files, to patterns. */
const includes: Readonly<Record<string, (words: readonly string[]) => string[]>> = {
  include: ([pattern = '']) => [pattern],
  confdir: (directories) => directories.map((directory) => `${directory}/*.conf`),
};
