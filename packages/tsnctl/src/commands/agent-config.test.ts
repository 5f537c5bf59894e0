import { parseConfig } from '@tsnctl/proxy/config';
import { describe, expect, it } from 'vitest';
import { configFile, needRestart, settingsOf, withFlags } from './agent-config.ts';

const config = (text: string) => parseConfig(text, 'config.yaml');
const plain = config('uplinks: [{name: eth1}]\nhttp: off\npods: {mode: pod}\n');

describe('the command line', () => {
  it('is stronger than the file, and says nothing where it says nothing', () => {
    expect(withFlags(plain, { uplink: [] })).toEqual({ ...plain, netns: undefined });
    const flags = { uplink: [{ name: 'eth9' }], mode: 'host', follow: false, logLevel: 'debug' } as const;
    expect(withFlags(plain, { ...flags, uplink: [...flags.uplink], socket: '/run/a.sock' })).toMatchObject({
      uplinks: [{ name: 'eth9' }],
      pods: { mode: 'host', follow: false, hook: 'auto' },
      log: { level: 'debug', format: 'auto' },
      socket: '/run/a.sock',
      http: 'off',
    });
    expect(withFlags(config('chain: auto'), { uplink: [], chain: false }).chain).toBe('never');
  });

  it('names the file; without that the usual one, if it is there', () => {
    expect(configFile({ uplink: [], config: '/a' }, '/b')).toBe('/a');
    expect(configFile({ uplink: [] }, '/nowhere/at/all')).toBeUndefined();
    expect(configFile({ uplink: [] }, import.meta.filename)).toBe(import.meta.filename);
  });
});

it('what may be other while the agent runs, and what may not', () => {
  expect(settingsOf(plain)).toEqual({
    uplinks: [{ name: 'eth1' }],
    follow: true,
    mode: 'pod',
    everyMs: 30_000,
    renewMs: 86_400_000,
  });
  expect(needRestart(plain, config('uplinks: []'))).toEqual(['http']);
  expect(needRestart(plain, { ...plain, socket: '/x', log: { level: 'info', format: 'json' } })).toEqual([
    'socket',
    'log.format',
  ]);
});
