import { type spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { JsonObject } from '@tsnctl/cni';
import type { Host } from '@tsnctl/lab';

/** A plugin as a runtime starts it. */
export interface PluginCall {
  program: string;
  command: 'ADD' | 'CHECK' | 'DEL' | 'VERSION';
  config: JsonObject;
  /** Whose interface, for all but VERSION. */
  container?: { id: string; netns: string; ifname: string };
}

/** Run a plugin on a host to its end, with nothing else going on here; how long it took, in milliseconds. */
export function timeCall(host: Host, call: PluginCall): number {
  return runCall(host, call).ms;
}

/** The same, with what it has printed. */
export function runCall(host: Host, call: PluginCall): { ms: number; stdout: string } {
  const options = { input: JSON.stringify(call.config), env: environment(call), encoding: 'utf8' } as const;
  return host.netns.run(() => {
    const start = performance.now();
    const { status, stdout, stderr, error } = spawnSync(call.program, options);
    const ms = performance.now() - start;
    if (status !== 0) throw new Error(`${call.program} ${call.command}: ${error ?? `${stdout}${stderr}`}`);
    return { ms, stdout };
  });
}

/** The same beside others; also whether it went well. */
export async function timeCallAmongOthers(
  host: Host,
  call: PluginCall,
): Promise<{ ms: number; succeeded: boolean }> {
  const start = performance.now();
  const child = host.spawn(call.program, [], {
    env: environment(call),
    stdio: ['pipe', 'pipe', 'ignore'],
  }) as ReturnType<typeof spawn>;
  const answer = child.stdout ? text(child.stdout) : '';
  child.stdin?.end(JSON.stringify(call.config));
  const [code] = await once(child, 'close');
  const ms = performance.now() - start;
  return { ms, succeeded: code === 0 && (await answer).includes('"interfaces"') };
}

function environment({ command, container }: PluginCall): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    CNI_COMMAND: command,
    CNI_PATH: '/usr/lib/cni',
    ...(container && {
      CNI_CONTAINERID: container.id,
      CNI_NETNS: container.netns,
      CNI_IFNAME: container.ifname,
    }),
  };
}
