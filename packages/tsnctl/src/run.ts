import { Command, CommanderError } from 'commander';
import { examples } from './commands/examples.ts';
import { Exit, exitCodeOf, reportError } from './exit.ts';
import { usageError } from './usage.ts';
import { version } from './version.ts';

/**
 * Run one command line; returns the exit code: 0 done, 1 failed, 2 usage, 3 check failed, 4 unsupported here,
 * 128 + N stopped by signal N.
 */
export async function run(args: readonly string[]): Promise<number> {
  const state: { exitCode: Exit } = { exitCode: Exit.done };
  const finish = (code: Exit) => {
    state.exitCode = code;
  };
  const program = await createProgram(finish, args);
  try {
    await program.parseAsync(args, { from: 'user' });
    return state.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return Exit.done;
      if (error.code === 'commander.help') return Exit.usage; // a bare `tsnctl attach`: help is the answer
    }
    const reported = error instanceof CommanderError ? usageError(program, args, error) : error;
    reportError(reported);
    return exitCodeOf(reported);
  }
}

type Finish = (code: Exit) => void;
type AddVerb = (program: Command, finish: Finish) => void;

/** Each verb is loaded when it is asked for: what the others import costs it nothing. */
const verbs: Record<string, () => Promise<AddVerb>> = {
  attach: async () => (await import('./commands/attach.ts')).addAttach,
  detach: async () => (await import('./commands/attach.ts')).addDetach,
  inspect: async () => (await import('./commands/inspect.ts')).addInspect,
  map: async () => (await import('./commands/map.ts')).addMap,
  agent: async () => (await import('./commands/agent.ts')).addAgent,
  cni: async () => (await import('./commands/cni.ts')).addCni,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
  demo: async () => (await import('./commands/demo.ts')).addDemo,
  install: async () => (await import('./commands/install.ts')).addInstall,
  upgrade: async () => (await import('./commands/install.ts')).addUpgrade,
  uninstall: async () => (await import('./commands/install.ts')).addUninstall,
  status: async () => (await import('./commands/status.ts')).addStatus,
  sysdump: async () => (await import('./commands/sysdump.ts')).addSysdump,
  completion: async () => {
    const { addCompletion } = await import('./commands/completion.ts');
    return (program, finish) => addCompletion(program, () => createProgram(finish));
  },
  tune: async () => (await import('./commands/tune.ts')).addTune,
  version: async () => addVersion,
};

/** The headings of the help, in its order; what is in none is under the last. */
const groups: Readonly<Record<string, readonly string[]>> = {
  'See what it does:': ['demo'],
  'This node:': ['install', 'upgrade', 'uninstall', 'agent'],
  'Look:': ['status', 'inspect', 'doctor', 'sysdump'],
  'By hand:': ['attach', 'detach', 'tune', 'cni', 'map'],
  'More:': ['completion', 'version'],
};

/**
 * The command that `args` names, or every command where they name none; one whose result is more than done or
 * failed says so by `finish`.
 */
export async function createProgram(finish: Finish, args: readonly string[] = []): Promise<Command> {
  const program = new Command('tsnctl')
    .description("Carries a pod's SO_PRIORITY and SO_TXTIME to the NIC, under any CNI plugin.")
    .version(version(), '-V, --version')
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .addHelpText('after', examples('tsnctl demo', 'tsnctl attach uplink eth1', 'tsnctl attach pod --help'));
  for (const name of needed(args)) (await verbs[name]?.())?.(program, finish);
  for (const command of program.commands) command.helpGroup(groupOf(command.name()));
  program.addHelpCommand(
    new Command('help').argument('[command]').description('display help for command').helpGroup('More:'),
  );
  return program;
}

function needed([first = '']: readonly string[]): string[] {
  if (first === '-V' || first === '--version') return [];
  return Object.hasOwn(verbs, first) ? [first] : Object.keys(verbs).sort((a, b) => rank(a) - rank(b));
}

function groupOf(verb: string): string {
  return Object.keys(groups).find((group) => groups[group]?.includes(verb)) ?? 'More:';
}

/** Its place in the help. */
function rank(verb: string): number {
  const place = Object.values(groups).flat().indexOf(verb);
  return place < 0 ? Number.MAX_SAFE_INTEGER : place;
}

function addVersion(program: Command): void {
  program
    .command('version')
    .description('print the version')
    .addHelpText('after', examples('tsnctl version'))
    .action(() => void process.stdout.write(`${version()}\n`));
}
