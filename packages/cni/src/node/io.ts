import type { PluginIo } from '../plugin.ts';

/** Environment, stdin and stdout of this process: `process.exitCode = await plugin.run(processIo())`. */
export function processIo(): PluginIo {
  return { env: process.env, stdin: process.stdin, stdout: process.stdout };
}
