import { CniError } from './error.ts';
import { checkContainerId, checkIfname } from './names.ts';

export const COMMANDS = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION'] as const;
export type Command = (typeof COMMANDS)[number];

/** The CNI_* variables of one call. What a command does not have is empty. */
export interface Environment {
  readonly command: Command;
  readonly containerId: string;
  readonly netns: string;
  readonly ifname: string;
  /** CNI_ARGS: `K8S_POD_NAME=web;K8S_POD_NAMESPACE=default`. */
  readonly args: ReadonlyMap<string, string>;
  readonly path: readonly string[];
}

// Spec, section 2, "Required environment parameters" of each operation.
const REQUIRED: Record<Command, readonly string[]> = {
  ADD: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME'],
  CHECK: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME'],
  DEL: ['CNI_CONTAINERID', 'CNI_IFNAME'],
  GC: ['CNI_PATH'],
  STATUS: [],
  VERSION: [],
};

/** Read and check the environment of a plugin. @throws CniError 4, whose message names the variables */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const read = (name: string) => (Object.hasOwn(env, name) ? env[name] : undefined) ?? '';
  const command = commandOf(read('CNI_COMMAND'));
  const missing = REQUIRED[command].filter((name) => read(name) === '');
  if (missing.length > 0) throw isMissing(missing);
  const [containerId, ifname] = [read('CNI_CONTAINERID'), read('CNI_IFNAME')];
  if (REQUIRED[command].includes('CNI_CONTAINERID')) checkContainerId(containerId);
  if (REQUIRED[command].includes('CNI_IFNAME')) checkIfname(ifname);
  return {
    command,
    containerId,
    netns: read('CNI_NETNS'),
    ifname,
    args: parseArgs(read('CNI_ARGS')),
    path: read('CNI_PATH').split(':').filter(Boolean),
  };
}

/** The variables for a call: the inverse of `readEnvironment`. */
export function writeEnvironment(environment: Environment): Record<string, string> {
  return {
    CNI_COMMAND: environment.command,
    CNI_CONTAINERID: environment.containerId,
    CNI_NETNS: environment.netns,
    CNI_IFNAME: environment.ifname,
    CNI_ARGS: [...environment.args].map(([key, value]) => `${key}=${value}`).join(';'),
    CNI_PATH: environment.path.join(':'),
  };
}

// As libcni's LoadArgs, but a pair without "=" is left out and not refused: it concerns another plugin.
function parseArgs(text: string): Map<string, string> {
  const pairs = text.split(';').map((pair) => /^([^=]+)=(.*)$/s.exec(pair));
  return new Map(pairs.flatMap((match) => (match ? [[match[1] ?? '', match[2] ?? ''] as const] : [])));
}

function commandOf(text: string): Command {
  if (text === '') throw isMissing(['CNI_COMMAND']);
  const command = COMMANDS.find((it) => it === text);
  if (command !== undefined) return command;
  throw new CniError('invalidEnvironment', `CNI_COMMAND is unknown: ${JSON.stringify(text.slice(0, 40))}`, {
    details: `known: ${COMMANDS.join(', ')}`,
  });
}

function isMissing(names: readonly string[]): CniError {
  return new CniError(
    'invalidEnvironment',
    `required environment variables are missing: ${names.join(', ')}`,
  );
}
