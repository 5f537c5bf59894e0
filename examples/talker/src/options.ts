import { parseArgs } from 'node:util';

export type Protocol = 'udp' | 'tcp';
export type ClockName = 'mono' | 'tai';

/** What an application asks of the network for its own packets. */
export interface Metadata {
  readonly flow: number;
  readonly priority?: number;
  readonly txtime?: { readonly clock: ClockName; readonly leadMs: number };
}

export interface SendOptions extends Metadata {
  readonly command: 'send';
  readonly to: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly count: number;
  readonly intervalUs: number;
  readonly waitReply: boolean;
  readonly device?: string;
}

export interface ServeOptions extends Metadata {
  readonly command: 'serve';
  readonly bind: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly timeoutS: number;
}

export const usage = `usage: talker send  --to ADDR --port N --proto udp|tcp --flow U32 --count N [--interval-us 1000]
                    [--wait-reply] [--device IF] [--priority 0..15]
                    [--txtime mono|tai [--lead-ms 100]]
       talker serve --port N --proto udp|tcp [--bind ::] [--timeout-s 60] [--flow 0]
                    [--priority 0..15] [--txtime mono|tai [--lead-ms 100]]
`;

export class UsageError extends Error {}

/** Turn the arguments after the program's name into options; throws UsageError. */
export function parseOptions(args: readonly string[]): SendOptions | ServeOptions {
  const [command, ...rest] = args;
  switch (command) {
    case 'send':
      return parseSend(rest);
    case 'serve':
      return parseServe(rest);
    default:
      throw new UsageError(command === undefined ? 'no command' : `unknown command ${command}`);
  }
}

function parseSend(args: string[]): SendOptions {
  const values = parseFlags(args, [...commonFlags, 'to', 'count', 'interval-us', 'device'], ['wait-reply']);
  const protocol = choice(values, 'proto', ['udp', 'tcp']);
  return {
    command: 'send',
    to: text(values, 'to'),
    port: integer(values, 'port', 1, 65535),
    protocol,
    ...metadata(values, protocol, integer(values, 'flow', 0, u32Max)),
    count: integer(values, 'count', 1, u32Max),
    intervalUs: integer(values, 'interval-us', 0, u32Max, 1000),
    // TCP always waits: records that follow each other unanswered would share a segment.
    waitReply: protocol === 'tcp' || values['wait-reply'] === true,
    ...(values.device === undefined ? {} : { device: text(values, 'device') }),
  };
}

function parseServe(args: string[]): ServeOptions {
  const values = parseFlags(args, [...commonFlags, 'bind', 'timeout-s'], []);
  const protocol = choice(values, 'proto', ['udp', 'tcp']);
  return {
    command: 'serve',
    bind: text(values, 'bind', '::'),
    port: integer(values, 'port', 1, 65535),
    protocol,
    ...metadata(values, protocol, integer(values, 'flow', 0, u32Max, 0)),
    timeoutS: integer(values, 'timeout-s', 1, 86400, 60),
  };
}

const commonFlags = ['port', 'proto', 'flow', 'priority', 'txtime', 'lead-ms'];
const u32Max = 0xffffffff;

function metadata(values: Values, protocol: Protocol, flow: number): Metadata {
  if (values.txtime === undefined && values['lead-ms'] !== undefined) {
    throw new UsageError('--lead-ms needs --txtime');
  }
  if (values.txtime !== undefined && protocol === 'tcp') {
    throw new UsageError('--txtime needs --proto udp: TCP has no launch time per packet');
  }
  return {
    flow,
    ...(values.priority === undefined ? {} : { priority: integer(values, 'priority', 0, 15) }),
    ...(values.txtime === undefined
      ? {}
      : {
          txtime: {
            clock: choice(values, 'txtime', ['mono', 'tai']),
            leadMs: integer(values, 'lead-ms', 0, 3600000, 100),
          },
        }),
  };
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

function parseFlags(args: string[], withValue: readonly string[], without: readonly string[]): Values {
  const options = Object.fromEntries([
    ...withValue.map((name) => [name, { type: 'string' as const }]),
    ...without.map((name) => [name, { type: 'boolean' as const }]),
  ]);
  try {
    return parseArgs({ args, options, allowPositionals: false }).values as Values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function text(values: Values, name: string, fallback?: string): string {
  const value = values[name] ?? fallback;
  if (typeof value !== 'string') throw new UsageError(`--${name} is missing`);
  return value;
}

function choice<const T extends string>(values: Values, name: string, allowed: readonly T[]): T {
  const value = text(values, name);
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new UsageError(`--${name} ${value}: must be ${allowed.join(' or ')}`);
  return found;
}

function integer(values: Values, name: string, min: number, max: number, fallback?: number): number {
  const value = text(values, name, fallback?.toString());
  const number = Number(value);
  if (!/^\d{1,10}$/.test(value) || number < min || number > max) {
    throw new UsageError(`--${name} ${value}: must be a number from ${min} to ${max}`);
  }
  return number;
}
