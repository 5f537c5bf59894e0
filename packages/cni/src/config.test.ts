import { describe, expect, it } from 'vitest';
import {
  checkNetworkName,
  compareVersions,
  parseConfigFile,
  parseConfigList,
  parsePluginConfig,
  requestConfig,
  selectVersion,
  withDropIns,
} from './index.ts';

const list = (changes: object = {}) =>
  JSON.stringify({
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [{ type: 'bridge', own: { kept: true } }],
    ...changes,
  });

describe('parseConfigList', () => {
  it('reads a list, and keeps what it does not know', () => {
    expect(parseConfigList(list({ disableCheck: true, disableGC: 'True', theirs: [1] }))).toMatchObject({
      cniVersion: '1.0.0',
      name: 'pods',
      disableCheck: true,
      disableGC: true,
      loadOnlyInlinedPlugins: false,
      plugins: [{ type: 'bridge', capabilities: [], raw: { own: { kept: true } } }],
      raw: { theirs: [1] },
    });
  });

  it.each([
    ['{', 6, 'the network config list is not JSON'],
    ['[]', 6, 'the network config list is a list, not an object'],
    [list({ name: undefined }), 7, 'the network config has no name'],
    [list({ name: 1 }), 6, 'name is a number, not a string'],
    [list({ cniVersion: 1 }), 6, 'cniVersion is a number, not a string'],
    [list({ cniVersions: ['x'] }), 6, 'cniVersion "x" is not a version'],
    [list({ cniVersions: {} }), 6, 'cniVersions is an object, not a list'],
    [list({ plugins: [] }), 7, '"plugins" is an empty list'],
    [list({ plugins: {} }), 6, 'plugins is an object, not a list'],
    [list({ plugins: [{}] }), 7, '"plugins.0.type" is missing or empty'],
    [list({ plugins: [{ type: '../sh' }] }), 7, '"plugins.0.type" names a path, not a plugin'],
    [
      list({ plugins: [{ type: 'x', capabilities: { a: 1 } }] }),
      6,
      '"plugins.0.capabilities" does not map names to true or false',
    ],
    [list({ disableGC: 'perhaps' }), 6, '"disableGC" is neither true nor false'],
    [
      list({ plugins: undefined, loadOnlyInlinedPlugins: true }),
      7,
      'loadOnlyInlinedPlugins is true, and there is no "plugins"',
    ],
  ])('refuses %s', (text, cniCode, message) => {
    expect(() => parseConfigList(text)).toThrow(expect.objectContaining({ cniCode, message }));
  });

  it('takes a file for a list by its name alone, as runtimes do', () => {
    expect(parseConfigFile('a.conf', '{"type":"ptp","name":"x"}').plugins).toMatchObject([{ type: 'ptp' }]);
    expect(() => parseConfigFile('a.conf', list())).toThrow('"type" is missing');
  });

  it('adds drop-ins, unless the list says no', () => {
    const more = [parsePluginConfig('{"type":"tsnctl"}')];
    const types = (text: string) => withDropIns(parseConfigList(text), more).plugins.map(({ type }) => type);
    expect(types(list())).toEqual(['bridge', 'tsnctl']);
    expect(types(list({ plugins: undefined }))).toEqual(['tsnctl']);
    expect(types(list({ loadOnlyInlinedPlugins: true }))).toEqual(['bridge']);
  });
});

describe('the version of a list', () => {
  it.each([
    ['0.4.0', undefined, '0.4.0'],
    ['0.4.0', ['0.3.1', '1.0.0'], '1.0.0'],
    ['1.1.0', ['0.4.0'], '1.1.0'],
    ['0.4.0', ['1.0.0', '2.0.0'], '1.0.0'], // above ours: left out
    ['', ['1.0.0'], '1.0.0'],
    ['', undefined, ''],
    ['9.9.9', undefined, '9.9.9'], // refused later, by those that it concerns
  ])('of %s and %j is %s', (cniVersion, cniVersions, expected) => {
    expect(selectVersion({ cniVersion, cniVersions })).toBe(expected);
  });

  it('can be one that every plugin speaks', () => {
    const offer = { cniVersion: '0.4.0', cniVersions: ['1.0.0', '1.1.0'] };
    expect(
      selectVersion(offer, {
        supportedByPlugins: [
          ['1.1.0', '1.0.0'],
          ['0.4.0', '1.0.0'],
        ],
      }),
    ).toBe('1.0.0');
    expect(() => selectVersion(offer, { supportedByPlugins: [['0.3.0']] })).toThrow(
      expect.objectContaining({ cniCode: 1 }),
    );
  });

  it('is compared by numbers, not by letters', () => {
    expect(['1.10.0', '1.9.0', '', '0.3.1', '1'].sort(compareVersions)).toEqual([
      '',
      '0.3.1',
      '1',
      '1.9.0',
      '1.10.0',
    ]);
  });
});

describe('requestConfig', () => {
  const plugin = parsePluginConfig(
    '{"type":"portmap","own":1,"capabilities":{"portMappings":true,"bandwidth":false,"aliases":true}}',
  );

  it('grants the capabilities that are asked for and offered, and takes the question out', () => {
    const offered = {
      portMappings: [{ hostPort: 80 }],
      bandwidth: {},
      'io.kubernetes.cri.pod-annotations': {},
    };
    expect(requestConfig({ cniVersion: '1.0.0', name: 'pods' }, plugin, { capabilityArgs: offered })).toEqual(
      {
        type: 'portmap',
        own: 1,
        cniVersion: '1.0.0',
        name: 'pods',
        runtimeConfig: { portMappings: [{ hostPort: 80 }] },
      },
    );
  });

  it('has no runtimeConfig where nothing is granted', () => {
    expect(requestConfig({ cniVersion: '1.0.0', name: 'pods' }, plugin)).not.toHaveProperty('runtimeConfig');
  });
});

describe('checkNetworkName', () => {
  it.each(['', '.a', '-a', 'a/b', 'a b', 'ä'])('refuses "%s" with 7', (name) => {
    expect(() => checkNetworkName(name)).toThrow(expect.objectContaining({ cniCode: 7 }));
  });
});
