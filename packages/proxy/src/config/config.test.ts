import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DocumentError } from '@tsnctl/document';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configKeys, renderConfigKeys } from './describe-config.ts';
import { policyOf } from './policy-of.ts';
import { defaultConfig, parseConfig, readConfig } from './read-config.ts';
import type { Config } from './schema.ts';
import { configVersion, watchConfig } from './watch-config.ts';

const DOCS = new URL('../../../../docs/configuration.md', import.meta.url);

describe('a configuration', () => {
  it('has defaults for everything', () => {
    expect(defaultConfig()).toEqual({
      uplinks: [],
      pods: { follow: true, mode: 'auto', hook: 'auto' },
      policies: [],
      chain: 'never',
      http: { address: '127.0.0.1', port: 9410 },
      log: { level: 'info', format: 'auto' },
      intervals: { check: 30_000, renew: 86_400_000 },
      socket: '/run/tsnctl/agent.sock',
      state: '/run/tsnctl/attachments',
      bpffs: '/sys/fs/bpf',
    });
  });

  it('grants what a policy says', () => {
    const { policies, chain, http } = parseConfig(
      `
      policies:
        - match: {namespace: plant, pod: "camera-*"}
          allow: 3,5-6
          remap: 7=6
          txtime: true
          horizon: 20ms
        - {match: {interface: "veth*"}, allow: 3, clamp: true}
      chain: {grant: {priorities: 1-6}}
      http: off
      `,
      'config.yaml',
    );
    expect(policies.map(policyOf)).toEqual([
      { allow: [3, 5, 6], remap: { 7: 6 }, horizonNs: 20_000_000n },
      {
        allow: [3],
        remap: Object.fromEntries([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map((it) => [it, 3])),
        horizonNs: 0n,
      },
    ]);
    expect(chain).toMatchObject({
      directory: 'auto',
      grant: { priorities: [1, 2, 3, 4, 5, 6], txtime: false },
    });
    expect(http).toBe('off');
    expect(parseConfig('chain: auto', 'c').chain).toEqual({ directory: 'auto', dropIns: false });
  });
});

describe('what is wrong is named with file, line, column, key and the mend', () => {
  it.each([
    ['uplink: eth1', 'config.yaml:1:1: uplink: no such key', 'uplinks instead of uplink'],
    ['uplinks: eth1', 'config.yaml:1:10: uplinks: "eth1" is not a list', undefined],
    ['uplinks: [{name: eth/1}]', 'config.yaml:1:18: uplinks.0.name: is no name of an interface', undefined],
    [
      'uplinks: [{name: a, clock: utc}]',
      'config.yaml:1:28: uplinks.0.clock: "utc" is not known here',
      'one of tai, mono, none',
    ],
    [
      'uplinks: [{name: a}, {name: a}]',
      'config.yaml:1:29: uplinks.1.name: a is named twice',
      'each uplink once',
    ],
    ['pods: {mode: both}', 'config.yaml:1:14: pods.mode: "both" is not known here', 'one of auto, host, pod'],
    [
      'policies:\n  - allow: 3',
      'config.yaml:2:5: policies.0.match: missing',
      'policies.0.match: a map of keys and values',
    ],
    [
      'policies: [{match: {}}]',
      'config.yaml:1:20: policies.0.match: nothing is matched',
      'interface: "*" for every pod',
    ],
    [
      'policies: [{match: {pod: x}, allow: "3,x"}]',
      'config.yaml:1:37: policies.0.allow: "3,x" is not a list of priorities: "x"',
      'numbers 1 to 15',
    ],
    [
      'policies: [{match: {pod: x}, remap: "6"}]',
      'config.yaml:1:37: policies.0.remap: "6" is not a list of remappings',
      'ASKED=SENT',
    ],
    [
      'policies: [{match: {pod: x}, remap: "6=3"}]',
      'config.yaml:1:12: policies.0: priority 6 is remapped to 3, which is not allowed',
      '--allow 3',
    ],
    [
      'policies: [{match: {pod: x}, horizon: 1s}]',
      'config.yaml:1:39: policies.0.horizon: limits launch times, which are not granted',
      'txtime: true beside it',
    ],
    [
      'policies: [{match: {pod: x}, txtime: true, horizon: 1h}]',
      'policies.0.horizon: "1h" is not a horizon',
      '500us, 20ms, 10s',
    ],
    [
      'chain: sometimes',
      'config.yaml:1:8: chain: "sometimes" does not fit here',
      'one of never, auto, a map of keys and values',
    ],
    ['chain: {directory: etc}', 'config.yaml:1:20: chain.directory: ', undefined],
    [
      'chain: {grant: {horizon: 1s}}',
      'config.yaml:1:26: chain.grant.horizon: limits launch times, which are not granted',
      'txtime: true beside it',
    ],
    ['http: {port: 0}', 'config.yaml:1:14: http.port: ', undefined],
    [
      'log: {level: loud}',
      'config.yaml:1:14: log.level: "loud" is not known here',
      'one of error, warn, info, debug',
    ],
    [
      'intervals: {check: 1ms}',
      'config.yaml:1:20: intervals.check: "1ms" is no such time',
      'at least 1s and at most 500h',
    ],
    ['intervals: {renew: 501h}', 'intervals.renew: "501h" is no such time', 'at least 1h and at most 500h'],
    ['socket: agent.sock', 'config.yaml:1:9: socket: is no absolute path', undefined],
  ])('%s', (text, message, hint) => {
    try {
      parseConfig(text, 'config.yaml');
    } catch (error) {
      expect(error).toBeInstanceOf(DocumentError);
      expect((error as DocumentError).message).toContain(message);
      if (hint !== undefined) expect((error as DocumentError).hint).toContain(hint);
      return;
    }
    throw new Error('it was not refused');
  });
});

describe('a file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tsnctl-config-'));
    file = join(folder, 'config.yaml');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('is read, unless others can write it', () => {
    writeFileSync(file, 'uplinks: [{name: eth1}]', { mode: 0o644 });
    expect(readConfig(file).uplinks).toEqual([{ name: 'eth1' }]);
    chmodSync(file, 0o664);
    expect(() => readConfig(file)).toThrow(`others than root can write ${file}`);
    expect(() => readConfig(join(folder, 'none.yaml'))).toThrow(/none\.yaml cannot be read: ENOENT/);
    expect(() => readConfig(folder)).toThrow(/cannot be read: EISDIR|others than root/);
  });

  it('is heard of when it changes, also where another is put in its place; a bad one is refused', async () => {
    writeFileSync(file, 'http: off');
    const seen: Config[] = [];
    const refused: string[] = [];
    using _ = watchConfig(file, {
      onChange: (config) => seen.push(config),
      onRefused: (error) => refused.push(String(error)),
      settleMs: 10,
    });
    const write = (text: string) => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    };
    write('uplinks: [{name: eth1}]');
    await expect.poll(() => seen.map(({ uplinks }) => uplinks)).toEqual([[{ name: 'eth1' }]]);
    write('uplinks: [{nme: eth1}]');
    await expect
      .poll(() => refused)
      .toEqual([expect.stringContaining(`${file}:1:12: uplinks.0.nme: no such key`)]);
    writeFileSync(file, 'uplinks: [{name: eth2}]');
    await expect.poll(() => seen.length).toBe(2);
    const since = configVersion(file);
    write('uplinks: [{name: eth3}]'); // before somebody else watches, and after he has read
    const late: Config[] = [];
    using _late = watchConfig(file, {
      onChange: (it) => late.push(it),
      onRefused: () => {},
      since,
      settleMs: 10,
    });
    await expect.poll(() => late.map(({ uplinks }) => uplinks)).toEqual([[{ name: 'eth3' }]]);
    await expect.poll(() => seen.length).toBe(3);
    rmSync(file);
    await expect.poll(() => refused.at(-1)).toContain('cannot be read');
    expect(seen.length).toBe(3);
  });
});

describe('docs/configuration.md', () => {
  it('lists every key as the schema has it', () => {
    expect(readFileSync(DOCS, 'utf8')).toContain(renderConfigKeys());
    expect(configKeys().filter(({ description }) => description === '')).toEqual([]);
  });

  it('has examples that are configurations', () => {
    const examples = [...readFileSync(DOCS, 'utf8').matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text);
    expect(examples.length).toBeGreaterThan(1);
    for (const text of examples) parseConfig(text ?? '', 'docs/configuration.md');
  });
});
