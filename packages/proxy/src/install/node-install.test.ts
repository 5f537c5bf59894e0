import {
  appendFileSync,
  existsSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { lock } from '@tsnctl/linux';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONF_DIR, FileNode } from '../../test/install-node.ts';
import { onFaultPoint } from '../fault-point.ts';
import type { NodeInstall } from './node-install.ts';

const LIST = `${CONF_DIR}/10-flannel.conflist`;

let node: FileNode;
let before: Record<string, string>;
beforeEach(() => {
  node = new FileNode();
  before = node.snapshot();
});
afterEach(() => node[Symbol.dispose]());

describe('an install', () => {
  it('puts everything where it belongs, and leaves nothing to do', async () => {
    const { steps } = await node.install().install('install', node.desired());
    expect(steps.map(shown)).toMatchSnapshot();
    expect(readlinkSync(join(node.root, '/usr/local/bin/tsnctl'))).toBe('/opt/tsnctl/current/bin/tsnctl');
    expect(readlinkSync(join(node.root, '/usr/local/bin/kubectl-tsnctl'))).toBe(
      '/opt/tsnctl/current/bin/kubectl-tsnctl',
    );
    expect(node.read('/opt/tsnctl/current/bin/tsnctl')).toBe('#!/bin/sh\n');
    expect(node.read('/opt/cni/bin/tsnctl')).toContain('1.0.0');
    expect(node.read(LIST)).toContain('"tsnctl"');
    expect(node.install().planInstall(node.desired()).steps).toEqual([]);
    expect((await node.install().install('install', node.desired())).steps).toEqual([]);
  });

  it('keeps its journal for root alone', async () => {
    await node.install().install('install', node.desired());
    const mode = (path: string) => statSync(join(node.root, path)).mode & 0o777;
    expect(mode('/var/lib/tsnctl/journal')).toBe(0o700);
    expect(mode('/var/lib/tsnctl/journal/journal.jsonl')).toBe(0o600);
  });

  it('chains a list with bytes that are no text, and leaves these as they were', async () => {
    const list = (end: string) =>
      Buffer.from(
        `{"name":"a","cniVersion":"1.0.0","plugins":[{"type":"x","note":"caf\xe9"}${end}]}`,
        'latin1',
      );
    writeFileSync(join(node.root, LIST), list(''));
    await node.install().install('install', node.desired());
    const [chained, ours] = [readFileSync(join(node.root, LIST)), ',{"type": "tsnctl"'];
    expect(chained.subarray(0, chained.indexOf(ours))).toEqual(list('').subarray(0, -2));
    expect(chained.includes(ours)).toBe(true);
    await node.install().uninstall();
    expect(readFileSync(join(node.root, LIST))).toEqual(list(''));
  });

  it('keeps a configuration that is there', async () => {
    node.write('/etc/tsnctl/config.yaml', 'mine\n');
    before = node.snapshot();
    await node.install().install('install', node.desired());
    expect(node.read('/etc/tsnctl/config.yaml')).toBe('mine\n');
    await node.install().uninstall();
    expect(node.snapshot()).toEqual(before);
  });

  it('brings back what a hand has changed in its programs', async () => {
    await node.install().install('install', node.desired());
    node.write('/opt/tsnctl/1.0.0/lib/main.js', 'broken');
    const { steps } = await node.install().install('install', node.desired());
    expect(steps.map(shown)).toEqual(['put /opt/tsnctl/1.0.0/lib/main.js']);
    expect(node.read('/opt/tsnctl/1.0.0/lib/main.js')).toBe('// 1.0.0\n');
  });

  it('refuses where a directory is in the way, before the first step', async () => {
    node.write('/opt/cni/bin/tsnctl/x', '');
    before = node.snapshot();
    await expect(node.install().install('install', node.desired())).rejects.toThrow(
      '/opt/cni/bin/tsnctl is a directory',
    );
    await node.install().uninstall();
    expect(node.snapshot()).toEqual(before);
  });

  it('takes everything back where a step is refused, and says which', async () => {
    const desired = node.desired();
    writeFileSync(join(desired.from, 'cni/tsnctl'), 'other bytes than the manifest has');
    const bundle = {
      ...desired.bundle,
      files: desired.bundle.files.filter(({ path }) => path !== 'cni/tsnctl'),
    };
    await expect(node.install().install('install', desired)).rejects.toThrow(
      /^copy 5 files .* to \/opt\/tsnctl\/1\.0\.0: what was to be written to .* is not what was planned; nothing is changed$/,
    );
    expect(node.snapshot()).toEqual(before);
    expect(() => node.install().planInstall({ ...desired, bundle })).toThrow('the bundle has no cni/tsnctl');
  });

  it('refuses while another is at it', async () => {
    await node.install().install('install', node.desired());
    const state = join(node.root, '/var/lib/tsnctl');
    using _ = lock(state);
    await expect(node.install().install('upgrade', node.desired('1.1.0'))).rejects.toThrow(
      `another tsnctl is changing ${state}`,
    );
    await expect(node.install().uninstall()).rejects.toThrow(`another tsnctl is changing ${state}`);
  });

  it('leaves what somebody writes between its look and its step, and takes back the rest', async () => {
    using _ = onFaultPoint(({ when, step }) => {
      const { path } = step as { path?: string };
      if (when !== 'before' || path !== '/etc/tsnctl/config.yaml') return;
      if (!existsSync(join(node.root, path))) node.write(path, 'theirs', 0o644);
    });
    await expect(node.install().install('install', node.desired())).rejects.toThrow(
      /config\.yaml was changed by somebody else just now: a file \(\w+, mode 0644\), not nothing; nothing is changed$/,
    );
    expect(node.read('/etc/tsnctl/config.yaml')).toBe('theirs');
    rmSync(join(node.root, '/etc/tsnctl'), { recursive: true });
    expect(node.snapshot()).toEqual(before);
  });

  it('refuses a root that is none', async () => {
    rmSync(join(node.root, 'var'), { recursive: true });
    const refused = 'is no root of a node: it has no /var/lib';
    await expect(node.install().install('install', node.desired())).rejects.toThrow(refused);
    expect(() => node.install().planInstall(node.desired())).toThrow(refused);
  });
});

describe('an upgrade', () => {
  it('points to the new version before the old one goes', async () => {
    await node.install().install('install', node.desired());
    const { steps } = await node.install().install('upgrade', node.desired('1.1.0'));
    expect(steps.map(shown)).toMatchSnapshot();
    expect(readlinkSync(join(node.root, '/usr/local/bin/tsnctl'))).toBe('/opt/tsnctl/current/bin/tsnctl');
    expect(node.read('/opt/tsnctl/current/bin/tsnctl')).toBe('#!/bin/sh\n');
    expect(node.read('/opt/cni/bin/tsnctl')).toContain('1.1.0');
    expect(existsSync(join(node.root, '/opt/tsnctl/1.0.0'))).toBe(false);
    expect(node.install().planInstall(node.desired('1.1.0')).steps).toEqual([]);
  });
});

describe('an uninstall', () => {
  it.each([['1.0.0'], ['1.1.0']])('leaves the node as it was, byte for byte: %s', async (version) => {
    node.write('/opt/cni/bin/tsnctl', 'of somebody else', 0o711);
    before = node.snapshot();
    await node.install().install('install', node.desired(version));
    await node.install().uninstall();
    expect(node.snapshot()).toEqual(before);
    expect((await node.install().uninstall()).steps).toEqual([]);
    expect(node.snapshot()).toEqual(before);
  });

  it('also after an upgrade and a repair', async () => {
    await node.install().install('install', node.desired());
    node.write('/opt/cni/bin/tsnctl', 'broken', 0o755);
    await node.install().install('install', node.desired());
    await node.install().install('upgrade', node.desired('1.1.0'));
    await node.install().uninstall();
    // What a hand had put there in between was there before our repair.
    expect(node.read('/opt/cni/bin/tsnctl')).toBe('broken');
    rmSync(join(node.root, '/opt/cni/bin/tsnctl'));
    expect(node.snapshot()).toEqual(before);
  });

  it('frees the list before it takes the plugin away', async () => {
    await node.install().install('install', node.desired());
    const paths = (await node.install().uninstall()).steps.map(shown);
    expect(paths.indexOf(`put ${LIST}`)).toBeLessThan(paths.indexOf('put /opt/cni/bin/tsnctl'));
    expect(paths).toMatchSnapshot();
  });

  it('goes by what it finds where the journal is lost, and says what it cannot know', async () => {
    await node.install().install('upgrade', node.desired());
    rmSync(join(node.root, '/var/lib/tsnctl'), { recursive: true });
    const { left } = await node.install().uninstall();
    expect(left).toEqual([{ path: '/etc/tsnctl/config.yaml', why: 'without the journal it may be yours' }]);
    rmSync(join(node.root, '/etc/tsnctl'), { recursive: true });
    rmSync(join(node.root, '/etc/systemd/system/multi-user.target.wants'), { recursive: true });
    expect(node.snapshot()).toEqual(before);
  });

  it('leaves what somebody else has changed, and names it', async () => {
    await node.install().install('install', node.desired());
    node.write('/etc/tsnctl/config.yaml', 'mine now\n');
    node.write('/opt/tsnctl/1.0.0/theirs', 'theirs');
    const changed = node.read(LIST).replace('cbr0', 'cbr1');
    writeFileSync(join(node.root, LIST), changed);
    const { left } = await node.install().uninstall();
    expect(left).toEqual([{ path: '/etc/tsnctl/config.yaml', why: 'somebody else has changed it since' }]);
    expect(node.read('/etc/tsnctl/config.yaml')).toBe('mine now\n');
    expect(node.read('/opt/tsnctl/1.0.0/theirs')).toBe('theirs');
    expect(node.read(LIST)).toContain('cbr1');
    expect(node.read(LIST)).not.toContain('tsnctl');
    expect(existsSync(join(node.root, '/var/lib/tsnctl'))).toBe(false);
  });

  it.each([
    ['since', false],
    ['before it was repaired', true],
  ])('takes the unit off, also where somebody has edited it %s', async (_, repaired) => {
    const unit = '/etc/systemd/system/tsnctl-agent.service';
    await node.install().install('install', node.desired());
    node.write(unit, `${node.read(unit)}# by hand\n`);
    if (repaired) await node.install().install('install', node.desired());
    const { left } = await node.install().uninstall();
    expect(left).toEqual([]);
    expect(node.snapshot()).toEqual(before);
  });

  it.each<[string, (journal: string) => void]>([
    ['half a line at the end', (path) => appendFileSync(path, '{"begin":[1,')],
    ['its last line torn', (path) => truncateSync(path, statSync(path).size - 7)],
    ['zeros at the end', (path) => appendFileSync(path, Buffer.alloc(512))],
  ])('bears a journal with %s', async (_, tear) => {
    await node.install().install('install', node.desired());
    tear(join(node.root, '/var/lib/tsnctl/journal/journal.jsonl'));
    await node.install().install('upgrade', node.desired('1.1.0'));
    await node.install().uninstall();
    expect(node.snapshot()).toEqual(before);
  });
});

class Killed extends Error {}

/** The on-disk state at a fault point is that of a process that was killed there: nothing is undone. */
async function stoppedAt(point: number, deed: (install: NodeInstall) => Promise<unknown>): Promise<void> {
  let passed = 0;
  using _ = onFaultPoint(() => {
    if (passed++ === point) throw new Killed();
  });
  await expect(deed(node.install())).rejects.toThrow(Killed);
}

function shown(step: { do: string; path?: string }): string {
  return step.path === undefined ? step.do : `${step.do} ${step.path}`;
}

describe('stopped before or after each step', () => {
  const points = (steps: readonly unknown[]) => Array.from({ length: 2 * steps.length }, (_, point) => point);

  it('an install: uninstalled, the node is as it was; installed again, it is whole', async () => {
    const { steps } = node.install().planInstall(node.desired());
    expect(steps.length).toBeGreaterThan(10);
    for (const point of points(steps)) {
      await stoppedAt(point, (install) => install.install('install', node.desired()));
      await node.install().uninstall();
      expect(node.snapshot()).toEqual(before);

      await stoppedAt(point, (install) => install.install('install', node.desired()));
      await node.install().install('install', node.desired());
      await node.install().uninstall();
      expect(node.snapshot()).toEqual(before);
    }
  });

  it('an upgrade: uninstalled, the node is as it was; upgraded again, it is whole', async () => {
    const upgrade = (install: NodeInstall) => install.install('upgrade', node.desired('1.1.0'));
    await node.install().install('install', node.desired());
    const { steps } = node.install().planInstall(node.desired('1.1.0'));
    for (const point of points(steps)) {
      await node.install().install('install', node.desired());
      await stoppedAt(point, upgrade);
      expect(['1.0.0', '1.1.0']).toContain(/\d\.\d\.\d/.exec(node.read('/opt/cni/bin/tsnctl'))?.[0]);
      await node.install().uninstall();
      expect(node.snapshot()).toEqual(before);

      await node.install().install('install', node.desired());
      await stoppedAt(point, upgrade);
      await upgrade(node.install());
      await node.install().uninstall();
      expect(node.snapshot()).toEqual(before);
    }
  });

  it('an install: what it has left to do is known, and nothing once it has come to its end', async () => {
    const { steps } = node.install().planInstall(node.desired());
    const kinds = steps.map(shown);
    for (const point of points(steps)) {
      await stoppedAt(point, (install) => install.install('install', node.desired()));
      // A step that was done and not written down is left: it is done once more.
      expect(node.install().observe().unfinished.map(shown)).toEqual(kinds.slice(Math.floor(point / 2)));
      await node.install().install('install', node.desired());
      expect(node.install().observe().unfinished).toEqual([]);
      const { plans, ends } = node.install().readJournal() ?? expect.fail();
      expect(ends.get(plans.at(-1)?.id ?? 0)).toBe('done');
      await node.install().uninstall();
    }
  });

  it('an uninstall: the next one goes on from there', async () => {
    await node.install().install('install', node.desired());
    const { steps } = node.install().planUninstall();
    for (const point of points(steps)) {
      await node.install().install('install', node.desired());
      await stoppedAt(point, (install) => install.uninstall());
      await node.install().uninstall();
      expect(node.snapshot()).toEqual(before);
    }
  });
});
