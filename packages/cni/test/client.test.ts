import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { missing } from '@tsnctl/testkit';
import { describe, expect, it } from 'vitest';
import { CNI_VERSIONS, encodeReply, type PluginCall, requestReader } from '../src/index.ts';
import { execPlugin } from '../src/node/index.ts';
import { add, agent, asksForTsn, codeOf, start, unbuilt, useListener, usePlugin } from './client-rig.ts';
import { callOf, config, goodEnv, malformed } from './malformed.ts';

const { folder, socket, native } = usePlugin();
const listenAt = useListener();
const listen = (act: Parameters<typeof listenAt>[0], path = socket) => listenAt(act, path);
const run = (call: PluginCall, program: readonly string[] = [native]) => start(call, program);

describe.skipIf(unbuilt !== undefined)('the plugin, with an agent', () => {
  it.each(Object.entries(malformed))('answers as that: %s', async (_, row) => {
    await listen(agent);
    const { exitCode, stdout } = await run(callOf(row));
    expect(codeOf(stdout)).toBe(row.code);
    expect(exitCode).toBe(row.code === undefined ? 0 : 1);
  });

  it('hands over the CNI_ variables and stdin, byte for byte, and prints what comes back', async () => {
    const calls: PluginCall[] = [];
    await listen((connection) => {
      const reader = requestReader();
      connection.on('data', (chunk) => {
        const call = reader.push(chunk);
        if (call === undefined) return;
        calls.push(call);
        connection.end(encodeReply({ exitCode: 7, stdout: Buffer.from('{ "code" : 102,\n"msg":"ä" }\n') }));
      });
    });
    const env = { ...goodEnv, CNI_OTHER: 'x=y=', CNIX: 'no', HOME: '/root' };
    const stdin = Buffer.from(config({ text: 'ä\u0000"', big: 'x'.repeat(900_000) }));
    expect(await run({ env, stdin })).toMatchObject({
      exitCode: 7,
      stdout: '{ "code" : 102,\n"msg":"ä" }\n',
    });
    expect(calls).toEqual([{ env: { ...goodEnv, CNI_OTHER: 'x=y=' }, stdin: Uint8Array.from(stdin) }]);
  });

  it('answers thirty at once', async () => {
    await listen(agent);
    const replies = await Promise.all(Array.from({ length: 30 }, () => run(callOf({ code: undefined }))));
    expect(new Set(replies.map(({ exitCode, stdout }) => `${exitCode} ${stdout}`)).size).toBe(1);
    expect(replies[0]).toMatchObject({ exitCode: 0 });
  });

  it('prints a refusal that comes before all of the request was read', async () => {
    await listen((connection) =>
      connection.end(encodeReply({ exitCode: 1, stdout: Buffer.from('{"code":100,"msg":"no"}') })),
    );
    const stdin = Buffer.from(config({ big: 'x'.repeat(900_000) }));
    expect(codeOf((await run({ env: goodEnv, stdin })).stdout)).toBe(100);
  });

  it('takes the socket that the config names', async () => {
    const other = join(folder, 'other.sock');
    await listen(agent, other);
    const call = callOf({ code: undefined, stdin: config({ socket: other, onAgentDown: 'error' }) });
    expect(await run(call)).toMatchObject({ exitCode: 0 });
    const escaped = callOf({
      code: undefined,
      stdin: config({ onAgentDown: 'error' }).replace('{', `{"socket":"${other.replaceAll('/', '\\/')}",`),
    });
    expect(await run(escaped)).toMatchObject({ exitCode: 0 });
  });

  it('is one that a chain can run', async () => {
    await listen(agent);
    const exec = execPlugin();
    const type = `tsnctl-${process.arch}`;
    const { env, stdin } = callOf({ code: undefined });
    const reply = await exec({ type, path: ['/nowhere', folder], env, stdin: Buffer.from(stdin).toString() });
    expect(JSON.parse(reply.stdout)).toMatchObject({ interfaces: [{ name: 'eth0' }] });
    await expect(exec({ type: 'absent', path: [folder], env, stdin: '' })).rejects.toMatchObject({
      cniCode: 7,
      message: 'the plugin "absent" is not installed',
      details: `looked in ${folder}`,
    });
  });
});

describe.skipIf(unbuilt !== undefined)('the plugin, without an agent', () => {
  it('refuses variables with 4 that are longer than the agent takes', async () => {
    const withArgs = (length: number) =>
      run(callOf({ code: undefined, env: { CNI_ARGS: 'x'.repeat(length) }, stdin: config(asksForTsn) }));
    expect(codeOf((await withArgs(65_000)).stdout)).toBe(11);
    expect(codeOf((await withArgs(65_536)).stdout)).toBe(4);
  });

  it('takes a setting that is null as one that is not there', async () => {
    const settings = { onAgentDown: null, timeoutMs: null, socket: null };
    expect(await run(add(settings))).toMatchObject({ exitCode: 0, stdout: '{"cniVersion":"1.0.0"}' });
    expect(codeOf((await run(add({ ...settings, ...asksForTsn }))).stdout)).toBe(11);
  });

  it.each(Object.entries(malformed).filter(([, row]) => !row.agentOnly))('answers: %s', async (_, row) => {
    const { exitCode, stdout } = await run(callOf(row));
    expect(codeOf(stdout)).toBe(row.code);
    expect(exitCode).toBe(row.code === undefined ? 0 : 1);
  });

  it('answers VERSION at once, also where stdin stays open', async () => {
    const started = performance.now();
    const child = spawn(native, { env: { CNI_COMMAND: 'VERSION' }, stdio: ['pipe', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(JSON.parse(stdout)).toEqual({ cniVersion: '1.1.0', supportedVersions: [...CNI_VERSIONS] });
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(
      (await run({ env: { CNI_COMMAND: 'VERSION' }, stdin: Buffer.from('{"cniVersion":"0.4.0"}') })).stdout,
    ).toMatch(/^\{"cniVersion":"0\.4\.0",/);
  });

  it.each([
    '{ "cniVersion" : "1.0.0",\t"ips" : [ ],\r\n "n":12345678901234567890.10, "s": "\\u00e4\\/ä" }',
    '{"a":{"prevResult":{}},"cniVersion":"1.0.0"}',
  ])('passes prevResult as it came: %s', async (result) => {
    expect(await run(add({}, result))).toMatchObject({ exitCode: 0, stdout: result });
  });

  it.each([
    ['{}', '{"cniVersion":"1.0.0"}'],
    ['{ }', '{"cniVersion":"1.0.0" }'],
    ['{ "ips":[]}', '{"cniVersion":"1.0.0", "ips":[]}'],
  ])('puts the version into a prevResult that has none: %s', async (result, expected) => {
    expect(await run(add({}, result))).toMatchObject({ exitCode: 0, stdout: expected });
  });

  it('refuses an ADD without a prevResult with 7: it comes after another plugin', async () => {
    const call = callOf({ code: undefined, stdin: config({ prevResult: undefined }) });
    expect(codeOf((await run(call)).stdout)).toBe(7);
  });

  it.each([
    ['no annotations', {}, false],
    ['others', { 'example.org/tsnctl.dev': '1', 'tsnctl.dev': '1', 'xtsnctl.dev/a': '' }, false],
    ['priorities', { a: 'b', 'tsnctl.dev/priorities': '3,5-6' }, true],
    ['any of ours', { 'tsnctl.dev/': '' }, true],
  ])('waits for it if the pod asks for TSN: %s', async (_, annotations, asks) => {
    const { exitCode, stdout } = await run(
      add({ runtimeConfig: { 'io.kubernetes.cri.pod-annotations': annotations } }),
    );
    expect([exitCode, codeOf(stdout)]).toEqual(asks ? [1, 11] : [0, undefined]);
  });

  it('sees a key in escapes, and takes the last of two lists', async () => {
    const escaped = add({ runtimeConfig: { 'io.kubernetes.cri.pod-annotations': { KEY: '' } } });
    const stdin = Buffer.from(
      Buffer.from(escaped.stdin).toString().replace('KEY', '\\u0074snctl.dev\\/priorities'),
    );
    expect(codeOf((await run({ ...escaped, stdin })).stdout)).toBe(11);
  });

  it.each([
    ['auto', true, 11],
    ['auto', false, undefined],
    ['error', true, 11],
    ['error', false, 11],
    ['pass', true, undefined],
    ['pass', false, undefined],
  ])('does on ADD what onAgentDown says: %s, TSN %s', async (onAgentDown, asks, code) => {
    const { stdout } = await run(add({ onAgentDown, ...(asks && asksForTsn) }));
    expect(codeOf(stdout)).toBe(code);
  });

  it('names the agent and the mend', async () => {
    expect(JSON.parse((await run(add(asksForTsn))).stdout)).toEqual({
      cniVersion: '1.0.0',
      code: 11,
      msg: 'the tsnctl agent of this node gives no answer: it has no socket',
      details: `socket ${socket}; this pod asks for TSN (an annotation tsnctl.dev/...) and waits for it. Try: start the agent (systemctl start tsnctl-agent, or look at its pod: kubectl get pods -A -l app.kubernetes.io/name=tsnctl); the pod then starts by itself`,
    });
  });

  it('knows a socket that nobody listens on', async () => {
    // A socket outlives a process that is killed.
    const script = `require('net').createServer().listen(${JSON.stringify(socket)},()=>process.kill(process.pid,'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', script]), 'close');
    const { stdout } = await run(add(asksForTsn));
    rmSync(socket);
    expect(JSON.parse(stdout)).toMatchObject({ code: 11, msg: expect.stringMatching(/: it does not run$/) });
  });

  it.each(['DEL', 'CHECK', 'GC'])('lets a %s succeed and prints nothing', async (command) => {
    for (const onAgentDown of ['auto', 'error', 'pass']) {
      const stdin = config({ cniVersion: '1.1.0', onAgentDown, ...asksForTsn, prevResult: undefined });
      const call = callOf({ code: undefined, env: { CNI_COMMAND: command }, stdin });
      expect(await run(call)).toMatchObject({ exitCode: 0, stdout: '' });
    }
  });

  it('answers STATUS with 50 only under "error"', async () => {
    const ask = async (onAgentDown: string) => {
      const stdin = config({ cniVersion: '1.1.0', onAgentDown });
      return codeOf((await run(callOf({ code: undefined, env: { CNI_COMMAND: 'STATUS' }, stdin }))).stdout);
    };
    expect([await ask('auto'), await ask('pass'), await ask('error')]).toEqual([undefined, undefined, 50]);
  });

  it.each([
    { onAgentDown: 'sometimes' },
    { onAgentDown: 1 },
    { timeoutMs: 0 },
    { timeoutMs: 600_001 },
    { timeoutMs: '10' },
    { timeoutMs: 1.5 },
    { timeoutMs: 1e300 },
    { socket: 'agent.sock' },
    { socket: '' },
    { socket: 7 },
    { socket: '/a\u0000b' },
    { socket: `/${'x'.repeat(107)}` },
  ])('refuses the setting %j with 7, but lets a DEL pass', async (wrong) => {
    expect(codeOf((await run(add(wrong))).stdout)).toBe(7);
    const del = callOf({ code: undefined, env: { CNI_COMMAND: 'DEL' }, stdin: config(wrong) });
    expect(await run(del)).toMatchObject({ exitCode: 0, stdout: '' });
  });
});

describe.skipIf(unbuilt !== undefined)('the plugin for arm64', () => {
  const absent = missing({ programs: ['qemu-aarch64-static'] });
  it.skipIf(absent !== undefined || process.arch === 'arm64')(
    'does the same',
    { timeout: 60_000 },
    async () => {
      const binary = ['qemu-aarch64-static', join(folder, 'tsnctl-arm64')];
      const version = await run(callOf({ code: undefined, env: { CNI_COMMAND: 'VERSION' } }), binary);
      expect(JSON.parse(version.stdout)).toMatchObject({ supportedVersions: [...CNI_VERSIONS] });
      const rows = Object.entries(malformed).filter(([, row]) => !row.agentOnly);
      for (let at = 0; at < rows.length; at += 10) {
        await Promise.all(
          rows.slice(at, at + 10).map(async ([name, row]) => {
            expect(codeOf((await run(callOf(row), binary)).stdout), name).toBe(row.code);
          }),
        );
      }
      expect((await run(add({}), binary)).stdout).toBe('{"cniVersion":"1.0.0"}');
      expect(codeOf((await run(add(asksForTsn), binary)).stdout)).toBe(11);
      await listen(agent);
      const reply = await run(
        callOf({ code: undefined, stdin: config({ big: 'x'.repeat(900_000) }) }),
        binary,
      );
      expect([reply.exitCode, JSON.parse(reply.stdout).interfaces]).toEqual([
        0,
        [{ name: 'eth0', sandbox: '/run/netns/blue' }],
      ]);
    },
  );
});
