import { TsnctlError } from '@tsnctl/codec';
import { describe, expect, it } from 'vitest';
import { callOf, config, malformed } from '../test/malformed.ts';
import { CniError, definePlugin, type PluginHandlers, type PluginRequest, type Result } from './index.ts';

const result: Result = { cniVersion: '1.0.0', interfaces: [], ips: [] };
const quiet = { add: () => result, del: () => {}, check: () => {}, gc: () => {}, status: () => {} };

describe('a call that is malformed', () => {
  it.each(Object.entries(malformed))('%s', async (_, row) => {
    const calls: PluginRequest[] = [];
    const note = (request: PluginRequest) => void calls.push(request);
    const plugin = definePlugin({
      ...quiet,
      add: (it) => {
        note(it);
        return result;
      },
      del: note,
      check: note,
      gc: note,
      status: note,
    });
    const reply = await plugin.answer(callOf(row));
    const printed = reply.stdout === '' ? {} : JSON.parse(reply.stdout);
    expect(printed.code).toBe(row.code);
    expect(reply.exitCode).toBe(row.code === undefined ? 0 : 1);
    if (row.code === undefined) return;
    expect(printed.msg).toMatch(/./);
    expect(printed.cniVersion).toMatch(/^\d\.\d\.\d$/);
    expect(calls).toEqual([]);
  });
});

describe('definePlugin', () => {
  it('hands over what the environment and stdin say', async () => {
    const { request, reply } = await seen('add', {
      stdin: config({ runtimeConfig: { mac: 'x' }, ours: [1], 'cni.dev/x': 1 }),
    });
    expect(request).toMatchObject({
      command: 'ADD',
      containerId: 'a1b2c3',
      netns: '/run/netns/blue',
      ifname: 'eth0',
      path: ['/opt/cni/bin'],
      cniVersion: '1.0.0',
      name: 'pods',
      runtimeConfig: { mac: 'x' },
      prevResult: { interfaces: [{ name: 'eth0', sandbox: '/run/netns/blue' }] },
      config: { ours: [1], 'cni.dev/x': 1 },
    });
    expect(request.args).toEqual(
      new Map([
        ['K8S_POD_NAME', 'web'],
        ['K8S_POD_NAMESPACE', 'default'],
      ]),
    );
    expect(JSON.parse(reply.stdout)).toEqual(result);
  });

  it('converts the result to the version of the request, and names what is lost', async () => {
    const newest: Result = {
      cniVersion: '1.1.0',
      interfaces: [{ name: 'eth0', mtu: 1400, theirs: 1 }],
      ips: [{ address: 'fd00::1/64', interface: 0 }],
    };
    const call = callOf({ code: undefined, stdin: config({ cniVersion: '0.4.0', prevResult: undefined }) });
    const reply = await definePlugin({ ...quiet, add: () => newest }).answer(call);
    expect(JSON.parse(reply.stdout)).toEqual({
      cniVersion: '0.4.0',
      interfaces: [{ name: 'eth0', theirs: 1 }],
      ips: [{ version: '6', address: 'fd00::1/64', interface: 0 }],
    });
    expect(reply.lost).toEqual(['interfaces.0.mtu']);
  });

  it('reads the attachments that GC says are valid, under both names that libcni writes', async () => {
    const list = [{ containerID: 'a', ifname: 'eth0' }];
    const stdin = (key: string, value: unknown) => config({ cniVersion: '1.1.0', [key]: value });
    const ask = async (text: string) =>
      (await seen('gc', { env: { CNI_COMMAND: 'GC' }, stdin: text })).request;
    expect(await ask(stdin('cni.dev/valid-attachments', list))).toMatchObject({ validAttachments: list });
    expect(await ask(stdin('cni.dev/attachments', list))).toMatchObject({ validAttachments: list });
    expect(await ask(stdin('cni.dev/valid-attachments', null))).toMatchObject({ validAttachments: [] });
    expect(await ask(stdin('other', list))).not.toHaveProperty('validAttachments');
  });

  it('passes a DEL without prevResult and namespace', async () => {
    const { request, reply } = await seen('del', {
      env: { CNI_COMMAND: 'DEL', CNI_NETNS: '' },
      stdin: config({ prevResult: undefined }),
    });
    expect(request).toMatchObject({ command: 'DEL', netns: '' });
    expect(request).not.toHaveProperty('prevResult');
    expect(reply).toEqual({ exitCode: 0, stdout: '', lost: [] });
  });

  it('says nothing against a CHECK, GC or STATUS that it has no handler for', async () => {
    const plugin = definePlugin({ add: () => result, del: () => {} });
    for (const command of ['CHECK', 'GC', 'STATUS']) {
      const call = callOf({
        code: undefined,
        env: { CNI_COMMAND: command },
        stdin: config({ cniVersion: '1.1.0' }),
      });
      expect(await plugin.answer(call)).toMatchObject({ exitCode: 0, stdout: '' });
    }
  });

  it('answers VERSION in the version of the question', async () => {
    const plugin = definePlugin({ ...quiet, versions: ['0.4.0', '1.0.0'] });
    const ask = async (stdin: string) =>
      JSON.parse(
        (await plugin.answer(callOf({ code: undefined, env: { CNI_COMMAND: 'VERSION' }, stdin }))).stdout,
      );
    expect(await ask('{"cniVersion":"0.4.0"}')).toEqual({
      cniVersion: '0.4.0',
      supportedVersions: ['0.4.0', '1.0.0'],
    });
    expect(await ask('{"cniVersion":"9.0.0"}')).toMatchObject({ cniVersion: '1.1.0' });
    expect(await ask('')).toMatchObject({ cniVersion: '1.1.0' });
  });

  it.each([
    [
      new CniError(101, 'no queue', { hint: 'ethtool -L' }),
      { code: 101, msg: 'no queue', details: 'Try: ethtool -L' },
    ],
    [new CniError('tryAgainLater', 'busy', { details: 'x' }), { code: 11, msg: 'busy', details: 'x' }],
    [
      new TsnctlError('NO_BPFFS', 'nothing is mounted', { hint: 'mount it' }),
      { code: 999, details: 'NO_BPFFS. Try: mount it' },
    ],
    [new TypeError('oops'), { code: 999, msg: 'oops' }],
    ['text', { code: 999, msg: 'text' }],
  ])('prints %s as an error of the spec', async (thrown, expected) => {
    const plugin = definePlugin({ ...quiet, add: () => Promise.reject(thrown) });
    const reply = await plugin.answer(callOf({ code: undefined }));
    expect(reply.exitCode).toBe(1);
    expect(JSON.parse(reply.stdout)).toMatchObject({ cniVersion: '1.0.0', ...expected });
  });

  it('runs over streams, and reads no more than it may', async () => {
    let read = 0;
    async function* endless() {
      for (;;) {
        read += 1 << 16;
        yield new Uint8Array(1 << 16);
      }
    }
    const printed: string[] = [];
    const exitCode = await definePlugin(quiet).run({
      env: callOf({ code: undefined }).env,
      stdin: endless(),
      stdout: { write: (text) => printed.push(text) },
    });
    expect(exitCode).toBe(1);
    expect(JSON.parse(printed.join(''))).toMatchObject({ code: 7 });
    expect(read).toBeLessThan(1.1 * 2 ** 20);
  });

  it('answers 5 where stdin cannot be read', async () => {
    const printed: string[] = [];
    // biome-ignore lint/correctness/useYield: it fails before it has something
    const broken = (async function* (): AsyncGenerator<Uint8Array> {
      throw new Error('EIO');
    })();
    const io = {
      env: callOf({ code: undefined }).env,
      stdin: broken,
      stdout: { write: (text: string) => printed.push(text) },
    };
    expect(await definePlugin(quiet).run(io)).toBe(1);
    expect(JSON.parse(printed.join(''))).toMatchObject({ code: 5, msg: 'stdin cannot be read' });
  });
});

async function seen(handler: keyof PluginHandlers, row: Partial<Parameters<typeof callOf>[0]>) {
  const requests: PluginRequest[] = [];
  const plugin = definePlugin({
    ...quiet,
    [handler]: (request: PluginRequest) => {
      requests.push(request);
      return result;
    },
  });
  const reply = await plugin.answer(callOf({ code: undefined, ...row }));
  const [request] = requests;
  if (request === undefined) throw new Error(`not called: ${reply.stdout}`);
  return { request, reply };
}
