import { basename } from 'node:path';
import {
  type Chain,
  type ChainAttachment,
  CniError,
  type ConfigList,
  checkContainerId,
  checkIfname,
  convertResult,
  type JsonObject,
  POD_ANNOTATIONS,
  parseConfigFile,
  parseResult,
  type Result,
  runChain,
} from '@tsnctl/cni';
import { execPlugin } from '@tsnctl/cni/node';
import { TsnctlError } from '@tsnctl/codec';
import { readConfDir, viewChain } from '@tsnctl/proxy';
import { type Command, Option } from 'commander';
import { Exit, reportError } from '../exit.ts';
import { renderCniResult } from '../render/cni.ts';
import { type OutputFormat, outputOption, printResult } from '../render/output.ts';
import { addChainCommands } from './cni-chain.ts';
import { examples } from './examples.ts';
import { readInput } from './read-input.ts';
import {
  describeDirectory,
  type RuntimeOptions,
  type RuntimePlace,
  runtimePlace,
  withRuntime,
} from './runtime.ts';

interface RunOptions extends RuntimeOptions {
  config?: string;
  binDir: readonly string[];
  output: OutputFormat;
}

interface AttachmentOptions extends RunOptions {
  netns?: string;
  ifname: string;
  container: string;
  args: ReadonlyMap<string, string>;
  annotation: ReadonlyMap<string, string>;
  result?: string;
}

/** Runs a node's real chain by hand, and shows and changes our place in it. */
export function addCni(program: Command, finish: (code: Exit) => void): void {
  const cni = program
    .command('cni')
    .description("run a node's chain of CNI plugins by hand, and our place in it");
  withAttachment(cni.command('add'), true)
    .description('ADD: make the interface, and print the result')
    .addHelpText(
      'after',
      examples(
        'tsnctl cni add --container web --netns /run/netns/web',
        'tsnctl cni add --container web --netns /run/netns/web --annotation tsnctl.dev/priorities=3,5-6 -o json > web.json',
      ),
    )
    .action(async (options: AttachmentOptions) => {
      const result = await chainOf(options).chain.add(attachmentOf(options));
      await printResult(options.output, result, () => renderCniResult(result));
    });
  withResult(withAttachment(cni.command('del'), false))
    .description('DEL: take the interface away; again does no harm')
    .addHelpText(
      'after',
      examples(
        'tsnctl cni del --container web',
        'tsnctl cni del --container web --netns /run/netns/web --result web.json',
      ),
    )
    .action(async (options: AttachmentOptions) => {
      const { chain, list } = chainOf(options);
      await chain.del(
        attachmentOf(options),
        options.result === undefined ? undefined : readResult(options.result, list),
      );
      await done(options, 'DEL');
    });
  withResult(withAttachment(cni.command('check'), true))
    .description('CHECK: whether all is as ADD has made it; exit code 3 if not')
    .addHelpText(
      'after',
      examples('tsnctl cni check --container web --netns /run/netns/web --result web.json'),
    )
    .action(async (options: AttachmentOptions) => {
      if (options.result === undefined) throw usage('CHECK needs what ADD has printed', '--result FILE');
      const { chain, list } = chainOf(options);
      await verdict(
        () => chain.check(attachmentOf(options), readResult(options.result ?? '', list)),
        options,
        finish,
      );
    });
  withList(cni.command('gc'))
    .description('GC: take away what no valid attachment owns')
    .addOption(
      new Option(
        '--valid <container/ifname>',
        'an attachment that is to stay, once for each; none: nothing stays',
      )
        .default([], 'none')
        .argParser(addValid),
    )
    .addHelpText('after', examples('tsnctl cni gc --valid web/eth0 --valid db/eth0', 'tsnctl cni gc'))
    .action(async (options: RunOptions & { valid: readonly { containerID: string; ifname: string }[] }) => {
      await chainOf(options).chain.gc(options.valid);
      await done(options, 'GC');
    });
  withList(cni.command('status'))
    .description('STATUS: whether the chain can take an ADD; exit code 3 if not')
    .addHelpText('after', examples('tsnctl cni status', 'tsnctl cni status --config 10-flannel.conflist'))
    .action((options: RunOptions) => verdict(() => chainOf(options).chain.status(), options, finish));
  addChainCommands(cni, finish);
}

async function done({ output }: RunOptions, command: string): Promise<void> {
  await printResult(output, { command, ok: true }, () => `${command}: done\n`);
}

/** A plugin that says no is an answer and no failure of ours. */
async function verdict(
  ask: () => Promise<void>,
  { output }: RunOptions,
  finish: (code: Exit) => void,
): Promise<void> {
  try {
    await ask();
    await printResult(output, { ok: true }, () => 'all is well\n');
  } catch (error) {
    if (!(error instanceof CniError) || !(error.cause instanceof CniError)) throw error;
    finish(Exit.drift);
    const { cniCode: code, message, details = '' } = error;
    await printResult(output, { ok: false, code, message, details }, () => '');
    reportError(error);
    if (details && output === 'table') process.stderr.write(`    ${details}\n`);
  }
}

function chainOf(options: RunOptions): { chain: Chain; list: ConfigList } {
  const { config, binDir } = options;
  const named = config === undefined ? undefined : parseConfigFile(basename(config), readInput(config));
  if (named && binDir.length > 0) return { list: named, chain: chainFrom(named, binDir) };
  const place = runtimePlace(options);
  const list = named ?? pickedList(place);
  return { list, chain: chainFrom(list, binDir.length > 0 ? binDir : place.binDirs) };
}

function chainFrom(list: ConfigList, path: readonly string[]): Chain {
  return runChain(list, { exec: execPlugin(), path });
}

/** The list that the runtime runs. */
function pickedList({ confDir, saidBy, traits }: RuntimePlace): ConfigList {
  const { list, findings } = viewChain(readConfDir(confDir), traits);
  if (list) return list;
  const [finding] = findings;
  const message = finding?.message ?? 'there is no network configuration';
  throw new TsnctlError('NO_NETWORK', `${describeDirectory({ confDir, saidBy })}: ${message}`, {
    hint: finding?.hint ?? '--conf-dir DIR or --config FILE',
  });
}

function attachmentOf({ netns, ifname, container, args, annotation }: AttachmentOptions): ChainAttachment {
  const capabilityArgs: JsonObject = { [POD_ANNOTATIONS]: Object.fromEntries(annotation) };
  return {
    containerId: named(container, checkContainerId, '--container'),
    netns: netns ?? '',
    ifname: named(ifname, checkIfname, '--ifname'),
    args: args.size === 0 ? args : new Map([IGNORE_UNKNOWN, ...args]),
    capabilityArgs,
  };
}

/** As runtimes do: some plugins refuse arguments that they do not know. */
const IGNORE_UNKNOWN = ['IgnoreUnknown', '1'] as const;

/** What the spec refuses as the environment of a plugin is here the command line. */
function named(text: string, check: (text: string) => string, option: string): string {
  try {
    return check(text);
  } catch (cause) {
    if (!(cause instanceof CniError)) throw cause;
    throw new TsnctlError('USAGE', `${option} ${cause.details ?? text}: ${cause.message}`, {
      hint: option === '--ifname' ? 'eth0' : 'letters, digits, dots, dashes and underscores: web-1',
      cause,
    });
  }
}

function readResult(file: string, list: ConfigList): Result {
  const version = list.cniVersion as Result['cniVersion'];
  const text = readInput(file);
  try {
    return convertResult(parseResult(JSON.parse(text), version), version).result;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TsnctlError('USAGE', `${file} is no result: ${why}`, {
      hint: 'what tsnctl cni add -o json prints',
      cause,
    });
  }
}

function withList(command: Command): Command {
  return withRuntime(command)
    .option('--config <file>', 'this list, instead of the one that the runtime runs')
    .addOption(
      new Option('--bin-dir <directory>', 'where plugins are, once for each')
        .default([], "as the runtime's own configuration says")
        .argParser((text: string, former: readonly string[]) => [...former, text]),
    )
    .addOption(outputOption());
}

function withAttachment(command: Command, needsNetns: boolean): Command {
  const netns = new Option('--netns <path>', "the container's network namespace, by path");
  return withList(command)
    .requiredOption('--container <id>', "the container's id")
    .addOption(needsNetns ? netns.makeOptionMandatory() : netns)
    .option('--ifname <name>', "the interface's name in it", 'eth0')
    .addOption(pairs('--args <key=value>', 'CNI_ARGS, once for each: K8S_POD_NAME=web'))
    .addOption(
      pairs('--annotation <key=value>', "the pod's annotations, once for each: tsnctl.dev/txtime=true"),
    );
}

function withResult(command: Command): Command {
  return command.option('--result <file>', 'what ADD has printed as JSON; - is stdin');
}

function pairs(flags: string, description: string): Option {
  return new Option(flags, description)
    .default(new Map(), 'none')
    .argParser((text: string, former: Map<string, string>) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (key === undefined || value === undefined) throw usage(`"${text}" is no KEY=VALUE`, flags);
      return new Map(former).set(key, value);
    });
}

function addValid(text: string, former: readonly { containerID: string; ifname: string }[]) {
  const [containerID = '', ifname = '', ...rest] = text.split('/');
  if (containerID === '' || ifname === '' || rest.length > 0)
    throw usage(`"${text}" is no attachment`, 'CONTAINER/IFNAME: --valid web/eth0');
  return [...former, { containerID, ifname }];
}

function usage(message: string, hint: string): TsnctlError {
  return new TsnctlError('USAGE', message, { hint });
}
