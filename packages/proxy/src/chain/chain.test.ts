import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isConfName, ourConfig, planChainInstall, planChainRemove, type RuntimeTraits } from '@tsnctl/cni';
import { lock } from '@tsnctl/linux';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeChain, lookAtChain } from './change-chain.ts';
import { keepChain } from './keep-chain.ts';
import { performChainStep } from './perform-chain-step.ts';
import { readConfDir } from './read-conf-dir.ts';

const LIST = `{
  "name": "cbr0", "cniVersion": "1.0.0",
  "plugins": [ {"type": "flannel", "delegate": {"isDefaultGateway": true}}, {"type": "portmap", "capabilities": {"portMappings": true}} ]
}
`;
const entry = ourConfig({ grant: { priorities: '1-6' } });
const editing: RuntimeTraits = { name: 'containerd', dropIns: false };
const dropping: RuntimeTraits = { name: 'containerd', dropIns: true };
const install = (runtime: RuntimeTraits) => (dir: Parameters<typeof planChainInstall>[0]) =>
  planChainInstall(dir, { runtime, entry });

let root: string;
let directory: string;
let list: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsnctl-chain-'));
  directory = root;
  list = join(directory, '10-flannel.conflist');
  writeFileSync(list, LIST, { mode: 0o640 });
  chmodSync(list, 0o640);
});
afterEach(() => rmSync(root, { recursive: true }));

describe('reading the directory', () => {
  it('has its files with their mode, and those of the directories of drop-ins', () => {
    mkdirSync(join(directory, 'cbr0'));
    writeFileSync(join(directory, 'cbr0/50-other.conf'), '{}');
    writeFileSync(join(directory, 'README'), 'not read');
    writeFileSync(join(directory, '.tsnctl-x.tmp'), 'nor this');
    symlinkSync('10-flannel.conflist', join(directory, '20-link.conf'));
    symlinkSync('nowhere', join(directory, '30-broken.conf'));
    const { files, dropIns } = readConfDir(directory);
    expect(files.map(({ name, mode, isLink }) => [name, mode, isLink])).toEqual([
      ['10-flannel.conflist', 0o640, undefined],
      ['20-link.conf', 0o640, true],
    ]);
    expect(Buffer.from(files[0]?.bytes ?? []).toString()).toBe(LIST);
    expect(Object.entries(dropIns).map(([name, inside]) => [name, inside.map((it) => it.name)])).toEqual([
      ['cbr0', ['50-other.conf']],
    ]);
  });

  it('is empty where there is none', () => {
    expect(readConfDir(join(directory, 'absent'))).toEqual({ files: [], dropIns: {} });
  });
});

describe('the files of each primary, in a real directory', () => {
  const lists = new URL('../../../cni/testdata/lists/', import.meta.url);
  const everywhere = readdirSync(lists).flatMap((name) =>
    [editing, dropping].map((runtime) => ({ name, runtime, way: runtime.dropIns ? 'drop-ins' : 'edits' })),
  );

  it.each(everywhere)(
    '$name, by $way: install, rewrite by the primary, repair, removal',
    ({ name, runtime }) => {
      rmSync(list);
      const folder = new URL(`${name}/`, lists);
      const primaryWrites = () => {
        for (const file of readdirSync(folder)) {
          writeFileSync(join(directory, `.${file}.new`), readFileSync(new URL(file, folder)), {
            mode: 0o644,
          });
          renameSync(join(directory, `.${file}.new`), join(directory, file));
        }
      };
      primaryWrites();
      const original = bytesOf(directory);
      expect(changeChain(directory, install(runtime)).target).toBeDefined();
      const chained = bytesOf(directory);
      expect(chained).not.toEqual(original);
      primaryWrites();
      changeChain(directory, install(runtime));
      expect(bytesOf(directory)).toEqual(chained);
      expect(changeChain(directory, install(runtime)).steps).toEqual([]);
      changeChain(directory, planChainRemove);
      expect(bytesOf(directory)).toEqual(original);
    },
  );
});

/** Every file below a directory, by its path. */
function bytesOf(root: string): Record<string, string> {
  const files = readdirSync(root, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path, readFileSync(path, 'latin1')];
    }),
  );
}

describe('changing the chain', () => {
  it.each([
    ['an entry in the list', editing, ['10-flannel.conflist']],
    ['a drop-in', dropping, ['10-flannel.conflist', 'cbr0', 'cbr0/99-tsnctl.conf']],
  ])('puts us in and takes us out, byte for byte: %s', (_, runtime, files) => {
    expect(changeChain(directory, install(runtime)).steps).not.toEqual([]);
    expect(names()).toEqual(files);
    expect(lookAtChain(directory, install(runtime)).steps).toEqual([]);
    expect(changeChain(directory, install(runtime)).steps).toEqual([]);
    changeChain(directory, planChainRemove);
    expect(names()).toEqual(['10-flannel.conflist']);
    expect(readFileSync(list, 'utf8')).toBe(LIST);
    expect(statSync(list).mode & 0o7777).toBe(0o640);
  });

  it.runIf(process.getuid?.() === 0)('keeps owner and mode of a file that it rewrites', async () => {
    const { chownSync } = await import('node:fs');
    chownSync(list, 7, 8);
    changeChain(directory, install(editing));
    expect(statSync(list)).toMatchObject({ uid: 7, gid: 8, mode: 0o100640 });
  });

  it('refuses while another is at it, and where there is no directory', () => {
    using _ = lock(directory);
    expect(() => changeChain(directory, install(editing))).toThrow(/^another tsnctl is changing /);
    expect(() => changeChain(join(directory, 'x'), install(editing))).toThrow(
      `there is no directory ${directory}/x`,
    );
  });

  it('leaves alone what was written between look and step', () => {
    const plan = lookAtChain(directory, install(editing));
    writeFileSync(list, '{"theirs": "newer"}');
    for (const step of plan.steps) {
      expect(() => performChainStep(directory, step)).toThrow(
        '10-flannel.conflist was changed by somebody else just now',
      );
    }
    expect(readFileSync(list, 'utf8')).toBe('{"theirs": "newer"}');
    const path = '99-new.conflist';
    writeFileSync(join(directory, path), 'theirs');
    const step = { kind: 'write-file', path, bytes: Buffer.from('x'), mode: 0o600, uid: 0, gid: 0 } as const;
    expect(() =>
      performChainStep(directory, { ...step, uid: uid(), gid: gid(), previous: undefined, why: '' }),
    ).toThrow('99-new.conflist was changed by somebody else just now');
    expect(names()).toEqual(['10-flannel.conflist', path]);
  });

  it('leaves whole files and ignorable ones, wherever it is killed', async () => {
    const both = new Set([LIST, withUs()]);
    for (let round = 0; round < 6; round++) {
      const child = spawn(
        process.execPath,
        ['-C', '@tsnctl/source', '--input-type=module', '-e', flapping, directory],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      await once(child.stdout, 'data');
      await sleep(round * 7);
      child.kill('SIGKILL');
      await once(child, 'close');
      expect(both).toContain(readFileSync(list, 'utf8'));
      expect(names().filter(isConfName)).toEqual(['10-flannel.conflist']);
      expect(names().filter((name) => !/^\.tsnctl-.*\.tmp$/.test(name))).toEqual(['10-flannel.conflist']);
    }
    changeChain(directory, install(editing));
    expect(names()).toEqual(['10-flannel.conflist']); // what the killed ones left is swept up
  });
});

describe('keeping the chain', () => {
  let lines: string[];
  let kept: Disposable;
  const keep = (runtime: RuntimeTraits, everyMs = 60_000) => {
    lines = [];
    kept = keepChain(directory, {
      planner: install(runtime),
      log: (line) => lines.push(line),
      settleMs: 10,
      everyMs,
    });
  };
  afterEach(() => kept[Symbol.dispose]());

  const mishaps: Record<string, () => unknown> = {
    'rewritten in place, byte by byte': async () => {
      const fresh = LIST.replace('cbr0', 'cbr1');
      writeFileSync(list, '');
      for (let at = 0; at < fresh.length; at += 40) {
        appendFileSync(list, fresh.slice(at, at + 40));
        await sleep(1);
      }
    },
    'renamed over': () => {
      writeFileSync(`${list}.new`, LIST.replace('cbr0', 'cbr1'));
      renameSync(`${list}.new`, list);
    },
    'deleted and made again': async () => {
      rmSync(list);
      await sleep(30);
      writeFileSync(list, LIST);
    },
    'renamed to another': () => renameSync(list, join(directory, '05-flannel.conflist')),
    'truncated, then written': async () => {
      truncateSync(list);
      await sleep(30);
      writeFileSync(list, LIST);
    },
    'left to the half of it, then written': async () => {
      writeFileSync(list, LIST.slice(0, 60));
      await sleep(30);
      writeFileSync(list, LIST);
    },
    'touched, which is no harm': () => utimesSync(list, 1, 1),
  };

  for (const [name, runtime] of [
    ['an entry', editing],
    ['a drop-in', dropping],
  ] as const) {
    it.each(Object.keys(mishaps))(`by ${name}: %s`, async (mishap) => {
      keep(runtime);
      expect(isChained(runtime)).toBe(true);
      await mishaps[mishap]?.();
      await expect.poll(() => isChained(runtime), { timeout: 5_000, interval: 10 }).toBe(true);
    });
  }

  it('writes a drop-in again that was removed, with its directory or alone', async () => {
    keep(dropping);
    rmSync(join(directory, 'cbr0'), { recursive: true });
    await expect.poll(() => isChained(dropping), { timeout: 5_000, interval: 10 }).toBe(true);
    await sleep(100);
    rmSync(join(directory, 'cbr0/99-tsnctl.conf'));
    await expect.poll(() => isChained(dropping), { timeout: 5_000, interval: 10 }).toBe(true);
  });

  it('waits for a directory that is not there, also one that goes and comes again', async () => {
    const away = `${directory}-away`;
    renameSync(directory, away);
    keep(editing, 50);
    expect(lines).toEqual([`chain: ${directory} is not there yet; the chain is laid when it comes`]);
    renameSync(away, directory);
    await expect.poll(() => isChained(editing), { timeout: 5_000, interval: 10 }).toBe(true);
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    writeFileSync(list, LIST);
    await expect.poll(() => isChained(editing), { timeout: 5_000, interval: 10 }).toBe(true);
  });

  it.each(['net.d', '.'])(
    'hears at once of a directory that is taken away by way of %s, and made again',
    async (taken) => {
      directory = join(root, 'cni/net.d');
      list = join(directory, '10-flannel.conflist');
      mkdirSync(directory, { recursive: true });
      writeFileSync(list, LIST);
      keep(editing); // which looks by itself in a minute
      expect(isChained(editing)).toBe(true);
      rmSync(join(root, 'cni', taken), { recursive: true });
      await expect.poll(() => lines.at(-1), { timeout: 5_000, interval: 10 }).toMatch(/is not there yet/);
      await sleep(50);
      mkdirSync(directory, { recursive: true });
      await sleep(50);
      for (const text of [LIST, LIST.replace('cbr0', 'cbr1')]) {
        writeFileSync(list, text);
        await expect.poll(() => isChained(editing), { timeout: 5_000, interval: 10 }).toBe(true);
      }
    },
  );

  it('says each thing once, and what it does', async () => {
    keep(editing, 20);
    await sleep(100);
    expect(lines).toEqual([
      'chain: rewrite 10-flannel.conflist: chain our plugin',
      'chain: cbr0 of 10-flannel.conflist has our plugin (edit)',
    ]);
    writeFileSync(list, 'broken');
    await expect
      .poll(() => lines.at(-1), { timeout: 5_000 })
      .toMatch(
        /^chain: there is nothing to chain; BROKEN: 10-flannel.conflist cannot be read: .*is repaired as soon as that is done$/,
      );
  });

  it('answers one that fights it less and less often', async () => {
    keep(editing, 60_000);
    let undone = 0;
    for (const end = performance.now() + 600; performance.now() < end; await sleep(2)) {
      if (!isChained(editing)) continue;
      writeFileSync(list, LIST);
      undone++;
    }
    expect(undone).toBeGreaterThan(1);
    expect(undone).toBeLessThan(10);
  });

  it('changes nothing after it was stopped', async () => {
    keep(editing, 10);
    kept[Symbol.dispose]();
    writeFileSync(list, LIST);
    await sleep(60);
    expect(readFileSync(list, 'utf8')).toBe(LIST);
  });
});

// Puts us in and takes us out without end, in a process that is going to be killed.
const flapping = `
  const { planChainInstall, planChainRemove } = await import('${import.meta.resolve('@tsnctl/cni')}');
  const { changeChain } = await import('${new URL('change-chain.ts', import.meta.url)}');
  const [, directory] = process.argv;
  const wanted = ${JSON.stringify({ runtime: editing, entry })};
  console.log('begins');
  for (;;) {
    changeChain(directory, (dir) => planChainInstall(dir, wanted));
    changeChain(directory, planChainRemove);
  }`;

function withUs(): string {
  const [step] = lookAtChain(directory, install(editing)).steps;
  return step?.kind === 'write-file' ? Buffer.from(step.bytes).toString() : '';
}

function isChained(runtime: RuntimeTraits): boolean {
  if (!existsSync(directory)) return false;
  const { target, steps } = lookAtChain(directory, install(runtime));
  return target !== undefined && steps.length === 0;
}

function names(): string[] {
  return readdirSync(directory, { recursive: true }).map(String).sort();
}

function uid(): number {
  return process.getuid?.() ?? 0;
}

function gid(): number {
  return process.getgid?.() ?? 0;
}
