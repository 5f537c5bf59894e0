import { writeSync } from 'node:fs';
import { parseOptions, UsageError, usage } from './options.ts';
import { send } from './send.ts';
import { serve } from './serve.ts';

process.exitCode = main(process.argv.slice(2));

/** 0 done, 1 failed, 2 usage. */
function main(args: readonly string[]): number {
  if (args.includes('--help') || args.includes('-h')) {
    writeSync(1, usage);
    return 0;
  }
  try {
    const options = parseOptions(args);
    if (options.command === 'send') writeSync(1, `${JSON.stringify(send(options))}\n`);
    else serve(options);
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    writeSync(2, `talker: ${error.message}\n${error instanceof UsageError ? usage : ''}`);
    return error instanceof UsageError ? 2 : 1;
  }
}
