import { Command, CommanderError } from 'commander';
import { addAttach, addDetach } from './commands/attach.ts';
import { addDemo } from './commands/demo.ts';
import { Exit, exitCodeOf, reportError } from './exit.ts';
import { version } from './version.ts';

/** Run one command line; returns the exit code: 0 done, 1 failed, 2 usage, 3 check failed, 4 unsupported here. */
export async function run(args: readonly string[]): Promise<number> {
  const state: { exitCode: Exit } = { exitCode: Exit.done };
  const program = new Command('tsnctl')
    .description("Carries a pod's SO_PRIORITY and SO_TXTIME to the NIC, under any CNI plugin.")
    .version(version(), '-V, --version')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'tsnctl: ')) })
    .showHelpAfterError('(see: tsnctl --help)');
  const finish = (code: Exit) => {
    state.exitCode = code;
  };
  addAttach(program);
  addDetach(program);
  addDemo(program, finish);
  program
    .command('version')
    .description('print the version')
    .action(() => console.log(version()));

  try {
    await program.parseAsync(args, { from: 'user' });
    return state.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.done : Exit.usage;
    reportError(error);
    return exitCodeOf(error);
  }
}
