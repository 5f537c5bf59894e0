import { parseArgs } from 'node:util';
import { boot } from './boot.ts';
import { guestEnvironment } from './guest-environment.ts';
import { interruption } from './interruption.ts';
import { kernelImage } from './kernel-image.ts';
import { kernelNamed, kernels } from './kernels.ts';
import { runMain } from './main.ts';
import { describeOutcome, tail } from './outcome.ts';
import { positive } from './positive.ts';
import { VmError } from './vm-error.ts';

const USAGE = `usage: npm run -s vm -- KERNEL [options] [-- COMMAND ARGUMENT...]
  KERNEL                ${kernels.map(({ name }) => name).join(', ')}
  --modules NAME,...    load these first
  --limit SECONDS       end it after this long (600)
  --memory MIB, --cpus N, --append ARGUMENTS-OF-THE-KERNEL
  --repeatable          the command may begin again, if QEMU fails it
  --console             show the kernel's console at the end, on stderr
  --refresh             ask Debian for something newer now, and not once a day
Without a command: a shell. The command sees this machine's files; what it writes is gone afterwards.`;

/** For developers: run anything in a named kernel; its output and exit code are the command's. */
await runMain(async () => {
  const { values, positionals } = readArguments();
  const [name, ...argv] = positionals;
  if (name === undefined || values.help) throw new VmError(USAGE);
  const image = await kernelImage(kernelNamed(name), { refresh: values.refresh, say });
  const terminal = argv.length === 0;
  const { outcome, console } = await boot({
    image,
    terminal,
    command: {
      argv,
      directory: process.cwd(),
      environment: guestEnvironment(terminal ? terminalSize() : {}),
      modules: values.modules.split(',').filter(Boolean),
    },
    limitMs: terminal ? Number.POSITIVE_INFINITY : positive('limit', values.limit) * 1000,
    cpus: positive('cpus', values.cpus),
    memoryMiB: positive('memory', values.memory),
    append: values.append,
    output: (stream, data) => void process[stream].write(data),
    signal: interruption(),
    repeatable: values.repeatable,
    onRepeat: (outcome) => say(`${name}: ${describeOutcome(outcome)}; again`),
  });
  if (values.console) say(console.replaceAll('\r', ''));
  if (outcome.kind === 'exited') return outcome.code;
  if (!values.console) say(tail(console));
  say(`${name}: ${describeOutcome(outcome)}`);
  return 1;
});

function readArguments() {
  return parseArgs({
    allowPositionals: true,
    options: {
      append: { type: 'string', default: '' },
      console: { type: 'boolean', default: false },
      cpus: { type: 'string', default: '2' },
      help: { type: 'boolean', default: false },
      limit: { type: 'string', default: '600' },
      memory: { type: 'string', default: '2048' },
      modules: { type: 'string', default: '' },
      repeatable: { type: 'boolean', default: false },
      refresh: { type: 'boolean', default: false },
    },
  });
}

function terminalSize(): Record<string, string> {
  const { rows = 24, columns = 80 } = process.stdout;
  return { LINES: String(rows), COLUMNS: String(columns) };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
