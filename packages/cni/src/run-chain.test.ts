import { describe, expect, it } from 'vitest';
import { CniError, type Exec, type JsonObject, parseConfigList, type Result, runChain } from './index.ts';

const attachment = {
  containerId: 'abc',
  netns: '/run/netns/x',
  ifname: 'eth0',
  args: new Map([['K8S_POD_NAME', 'web']]),
  capabilityArgs: { portMappings: [{ hostPort: 80 }], mac: 'x' },
};

function stage(list: object, answers: Record<string, unknown> = {}) {
  const calls: { type: string; command: string; env: Record<string, string>; config: JsonObject }[] = [];
  const exec: Exec = async ({ type, env, stdin }) => {
    const config = JSON.parse(stdin) as JsonObject;
    const command = env.CNI_COMMAND ?? '';
    calls.push({ type, command, env: { ...env }, config });
    const answer = answers[`${type} ${command}`] ?? answers[type];
    if (answer instanceof CniError) {
      const stdout = JSON.stringify({ code: answer.cniCode, msg: answer.message });
      return { exitCode: 1, stdout, stderr: '' };
    }
    if (typeof answer === 'string') return { exitCode: 1, stdout: answer, stderr: 'said on stderr' };
    const seen = (config.prevResult as { seen?: string[] } | undefined)?.seen ?? [];
    const result = { cniVersion: config.cniVersion, ips: [], seen: [...seen, type] };
    return {
      exitCode: 0,
      stdout: command === 'ADD' ? JSON.stringify(result) : JSON.stringify(answer ?? ''),
      stderr: '',
    };
  };
  const text = JSON.stringify({
    cniVersion: '1.1.0',
    name: 'pods',
    plugins: [{ type: 'a' }, { type: 'b', capabilities: { portMappings: true } }, { type: 'c' }],
    ...list,
  });
  return { calls, chain: runChain(parseConfigList(text), { exec, path: ['/opt/cni/bin', '/usr/lib/cni'] }) };
}

const final: Result = { cniVersion: '1.0.0', ips: [], seen: ['a', 'b', 'c'] };

describe('runChain', () => {
  it('adds in order, each with the result of the one before and what it may know', async () => {
    const { chain, calls } = stage({});
    expect(await chain.add(attachment)).toEqual({ cniVersion: '1.1.0', ips: [], seen: ['a', 'b', 'c'] });
    expect(calls.map(({ type, command }) => `${command} ${type}`)).toEqual(['ADD a', 'ADD b', 'ADD c']);
    expect(calls[0]?.config).toEqual({ type: 'a', cniVersion: '1.1.0', name: 'pods' });
    expect(calls[1]?.config).toEqual({
      type: 'b',
      cniVersion: '1.1.0',
      name: 'pods',
      runtimeConfig: { portMappings: [{ hostPort: 80 }] },
      prevResult: { cniVersion: '1.1.0', ips: [], seen: ['a'] },
    });
    expect(calls[0]?.env).toEqual({
      CNI_COMMAND: 'ADD',
      CNI_CONTAINERID: 'abc',
      CNI_NETNS: '/run/netns/x',
      CNI_IFNAME: 'eth0',
      CNI_ARGS: 'K8S_POD_NAME=web',
      CNI_PATH: '/opt/cni/bin:/usr/lib/cni',
    });
  });

  it("ends an ADD at the first failure and undoes nothing: that is the caller's, as with libcni", async () => {
    const { chain, calls } = stage({}, { b: new CniError(11, 'busy') });
    await expect(chain.add(attachment)).rejects.toMatchObject({
      cniCode: 11,
      message: 'b failed (ADD): busy',
    });
    expect(calls.map(({ type }) => type)).toEqual(['a', 'b']);
  });

  it('has to do with stderr where a plugin prints no JSON', async () => {
    const { chain } = stage({}, { a: '' });
    await expect(chain.add(attachment)).rejects.toMatchObject({
      cniCode: 999,
      message: 'a failed (ADD): a ended with 1 and without an error in JSON',
      details: 'said on stderr',
    });
  });

  it("deletes in reverse order, each with the final result in the list's version", async () => {
    const { chain, calls } = stage({});
    await chain.del(attachment, final);
    expect(calls.map(({ type, command }) => `${command} ${type}`)).toEqual(['DEL c', 'DEL b', 'DEL a']);
    expect(calls.map(({ config }) => config.prevResult)).toEqual(
      Array(3).fill({ ...final, cniVersion: '1.1.0' }),
    );
  });

  it('gives no result to a DEL before 0.4.0', async () => {
    const { chain, calls } = stage({ cniVersion: '0.3.1' });
    await chain.del(attachment, final);
    expect(calls[0]?.config).not.toHaveProperty('prevResult');
  });

  it('checks in order, unless the list says no or is too old', async () => {
    const { chain, calls } = stage({});
    await chain.check(attachment, final);
    expect(calls.map(({ type }) => type)).toEqual(['a', 'b', 'c']);
    const disabled = stage({ disableCheck: true });
    await disabled.chain.check(attachment, final);
    expect(disabled.calls).toEqual([]);
    await expect(stage({ cniVersion: '0.3.1' }).chain.check(attachment, final)).rejects.toMatchObject({
      cniCode: 1,
    });
  });

  it('collects garbage with every plugin, also after a failure', async () => {
    const { chain, calls } = stage({}, { a: new CniError(101, 'no'), c: new CniError(102, 'neither') });
    const valid = [{ containerID: 'abc', ifname: 'eth0' }];
    await expect(chain.gc(valid)).rejects.toMatchObject({
      cniCode: 101,
      message: '2 plugins failed: a failed (GC): no; c failed (GC): neither',
    });
    expect(calls.map(({ type }) => type)).toEqual(['a', 'b', 'c']);
    expect(calls[0]?.config).toMatchObject({
      'cni.dev/valid-attachments': valid,
      'cni.dev/attachments': valid,
    });
    for (const list of [{ disableGC: true }, { cniVersion: '1.0.0' }]) {
      const other = stage(list);
      await other.chain.gc(valid);
      expect(other.calls).toEqual([]);
    }
  });

  it('asks for the status until one refuses', async () => {
    const { chain, calls } = stage({}, { b: new CniError('notAvailable', 'no agent') });
    await expect(chain.status()).rejects.toMatchObject({ cniCode: 50 });
    expect(calls.map(({ type }) => type)).toEqual(['a', 'b']);
    const old = stage({ cniVersion: '1.0.0' });
    await old.chain.status();
    expect(old.calls).toEqual([]);
  });

  it('asks every plugin for its versions', async () => {
    const { chain } = stage({}, { a: { supportedVersions: ['1.0.0'] }, b: {} });
    expect(await chain.versions()).toEqual(
      new Map([
        ['a', ['1.0.0']],
        ['b', []],
        ['c', []],
      ]),
    );
  });

  it.each([
    [{ containerId: '../..' }, 4],
    [{ ifname: 'a/b' }, 4],
  ])('refuses %j before it runs anything', async (wrong, cniCode) => {
    const { chain, calls } = stage({});
    await expect(chain.add({ ...attachment, ...wrong })).rejects.toMatchObject({ cniCode });
    await expect(chain.del({ ...attachment, ...wrong })).rejects.toMatchObject({ cniCode });
    expect(calls).toEqual([]);
  });

  it('refuses a result that is none', async () => {
    const text = '{"cniVersion":"1.0.0","name":"pods","plugins":[{"type":"a"}]}';
    const exec: Exec = async () => ({ exitCode: 0, stdout: 'fine', stderr: '' });
    await expect(runChain(parseConfigList(text), { exec, path: [] }).add(attachment)).rejects.toMatchObject({
      cniCode: 6,
      message: 'the result of a is not JSON',
    });
  });
});
