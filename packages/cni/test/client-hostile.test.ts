import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { hostileInputs } from '../../codec/test/fuzz.ts';
import { definePlugin, type PluginCall, type Result } from '../src/index.ts';
import { add, asksForTsn, codeOf, start, unbuilt, useListener, usePlugin } from './client-rig.ts';
import { config, goodEnv } from './malformed.ts';

const { socket, native } = usePlugin();
const listenAt = useListener();
const listen = (act: (connection: Socket) => unknown) => listenAt(act, socket);
const run = (call: PluginCall) => start(call, [native]);

it.skipIf(unbuilt !== undefined)('the plugin judges 200 hostile inputs as definePlugin does', async () => {
  const goldens = [config(), config({ runtimeConfig: { a: [1.5e3, null, '\u00e4\n"'] }, prevResult: {} })];
  const inputs = [
    ...hostileInputs(
      goldens.map((text) => new TextEncoder().encode(text)),
      200,
      1,
    ),
  ];
  const plugin = definePlugin({ add: ({ prevResult }) => prevResult as Result, del: () => {} });
  const env = { ...goodEnv, CNI_COMMAND: 'DEL' };
  for (let at = 0; at < inputs.length; at += 10) {
    await Promise.all(
      inputs.slice(at, at + 10).map(async (stdin) => {
        const { exitCode, stdout } = await run({ env, stdin });
        const expected = codeOf((await plugin.answer({ env, stdin })).stdout);
        // What a prevResult looks like inside is the agent's to judge.
        if (exitCode === 0 && /prevResult/.test(Buffer.from(stdin).toString())) return;
        expect(codeOf(stdout), Buffer.from(stdin).toString('latin1')).toBe(expected);
      }),
    );
  }
});

/** What an agent should not do, and the code of a pod that waits for it. */
const hostile: Record<string, [code: number, act: (connection: Socket) => unknown]> = {
  'closes at once': [11, (it) => it.destroy()],
  'reads and closes': [11, (it) => it.once('data', () => it.end())],
  'says nothing': [11, (it) => it.resume()],
  'reads nothing': [11, () => {}],
  'says half a header': [11, (it) => it.write('TSNCTL-CNI 1')],
  'says half a body': [11, (it) => it.end('TSNCTL-CNI 1 0 9\n{"a"')],
  'says half a body and waits': [11, (it) => it.write('TSNCTL-CNI 1 0 9\n{"a"')],
  'says one byte now and then': [11, (it) => drip(it, 'TSNCTL-CNI 1 0 100\n{"a":"'.padEnd(90, 'x'))],
  'speaks HTTP': [999, (it) => it.end('HTTP/1.1 200 OK\r\n\r\n{}')],
  'speaks a later version': [999, (it) => it.end('TSNCTL-CNI 2 0 2\n{}')],
  'gives no end to the header': [999, (it) => it.write('TSNCTL-CNI 1 '.padEnd(500, '1'))],
  'says something endless': [999, (it) => flood(it)],
  'says a size that is too large': [999, (it) => it.end('TSNCTL-CNI 1 0 1048577\n')],
  'says a size that is no number': [999, (it) => it.end('TSNCTL-CNI 1 0 0x2\n{}')],
  'says a size below nothing': [999, (it) => it.end('TSNCTL-CNI 1 0 -2\n{}')],
  'says a size that overflows': [999, (it) => it.end('TSNCTL-CNI 1 0 18446744073709551618\n{}')],
  'says an exit code that is none': [999, (it) => it.end('TSNCTL-CNI 1 256 2\n{}')],
  'says more than its size': [999, (it) => it.end('TSNCTL-CNI 1 0 2\n{}}')],
  'says no JSON': [999, (it) => it.end('TSNCTL-CNI 1 0 2\n{]')],
  'says a list': [999, (it) => it.end('TSNCTL-CNI 1 0 2\n[]')],
  'says nothing of a result': [999, (it) => it.end('TSNCTL-CNI 1 0 0\n')],
  'fails without an error': [999, (it) => it.end('TSNCTL-CNI 1 1 0\n')],
};

describe.skipIf(unbuilt !== undefined)('an agent that', () => {
  it.each(Object.entries(hostile))(
    '%s stops no ordinary pod, and a TSN pod only for a while',
    async (_, [code, act]) => {
      await listen(act);
      // What is refused at once has time enough, so that a busy machine changes no code.
      const big = { big: 'x'.repeat(900_000), timeoutMs: code === 999 ? 10_000 : 100 };
      const started = performance.now();
      const [waits, passes] = await Promise.all([run(add({ ...big, ...asksForTsn })), run(add(big))]);
      expect(performance.now() - started).toBeLessThan(5_000);
      expect([waits.exitCode, codeOf(waits.stdout)]).toEqual([1, code]);
      expect(waits.stdout).toContain('the tsnctl agent of this node gives no answer: ');
      expect([passes.exitCode, passes.stdout]).toEqual([0, '{"cniVersion":"1.0.0"}']);
    },
  );

  it('says anything is met with a reply or an error, and in time', { timeout: 20_000 }, async () => {
    const golden = Buffer.from('TSNCTL-CNI 1 0 27\n{"cniVersion":"1.0.0","a":1}');
    const inputs = [...hostileInputs([golden], 120, 1)];
    let at = 0;
    await listen((it) => it.end(inputs[at++ % inputs.length] ?? golden));
    for (let n = 0; n < inputs.length; n += 10) {
      const replies = await Promise.all(
        Array.from({ length: 10 }, () => run(add({ ...asksForTsn, timeoutMs: 500 }))),
      );
      for (const { stdout, signal } of replies) {
        expect(signal).toBeNull();
        expect(JSON.parse(stdout)).toMatchObject({});
      }
    }
  });
});

async function drip(connection: Socket, text: string): Promise<void> {
  for (const char of text) {
    if (connection.destroyed) return;
    connection.write(char);
    await new Promise((done) => setTimeout(done, 20));
  }
}

function flood(connection: Socket): void {
  const junk = Buffer.alloc(1 << 16, 'x');
  const more = () => !connection.destroyed && connection.write(junk, () => setImmediate(more));
  more();
}
