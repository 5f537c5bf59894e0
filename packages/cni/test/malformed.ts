/** What a plugin is called with, and the code that it has to answer; `undefined` is no error. */
export interface Malformed {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
  readonly code: number | undefined;
  /** Only the agent looks so closely; without it the binary lets it pass. */
  readonly agentOnly?: boolean;
}

export const goodEnv: Readonly<Record<string, string>> = {
  CNI_COMMAND: 'ADD',
  CNI_CONTAINERID: 'a1b2c3',
  CNI_NETNS: '/run/netns/blue',
  CNI_IFNAME: 'eth0',
  CNI_ARGS: 'K8S_POD_NAME=web;K8S_POD_NAMESPACE=default',
  CNI_PATH: '/opt/cni/bin',
};

const prevResult = {
  cniVersion: '1.0.0',
  interfaces: [{ name: 'eth0', sandbox: '/run/netns/blue' }],
  ips: [],
};
const good = { cniVersion: '1.0.0', name: 'pods', type: 'tsnctl', prevResult };

export function config(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({ ...good, ...changes });
}

const deep = (depth: number) =>
  `{"name":"pods","cniVersion":"1.0.0","prevResult":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`;

/** Spec, section 2 and section 5 "Error". */
export const malformed: Readonly<Record<string, Malformed>> = {
  'everything in order': { code: undefined },

  // the environment: 4
  'no command': { env: { CNI_COMMAND: undefined }, code: 4 },
  'an empty command': { env: { CNI_COMMAND: '' }, code: 4 },
  'an unknown command': { env: { CNI_COMMAND: 'UPDATE' }, code: 4 },
  'a command in small letters': { env: { CNI_COMMAND: 'add' }, code: 4 },
  'a command with a quote in it': { env: { CNI_COMMAND: '"}{\\' }, code: 4 },
  'ADD without a container id': { env: { CNI_CONTAINERID: undefined }, code: 4 },
  'ADD without a namespace': { env: { CNI_NETNS: '' }, code: 4 },
  'ADD without an interface': { env: { CNI_IFNAME: '' }, code: 4 },
  'CHECK without a namespace': { env: { CNI_COMMAND: 'CHECK', CNI_NETNS: undefined }, code: 4 },
  'DEL without a namespace': { env: { CNI_COMMAND: 'DEL', CNI_NETNS: '' }, code: undefined },
  'DEL without a container id': { env: { CNI_COMMAND: 'DEL', CNI_CONTAINERID: '' }, code: 4 },
  'DEL without an interface': { env: { CNI_COMMAND: 'DEL', CNI_IFNAME: undefined }, code: 4 },
  'GC without CNI_PATH': {
    env: { CNI_COMMAND: 'GC', CNI_PATH: '' },
    stdin: config({ cniVersion: '1.1.0' }),
    code: 4,
  },
  'a container id that climbs': { env: { CNI_CONTAINERID: '../..' }, code: 4 },
  'a container id that is a path': { env: { CNI_CONTAINERID: 'a/../../etc' }, code: 4 },
  'a container id that begins with a hyphen': { env: { CNI_CONTAINERID: '-rf' }, code: 4 },
  'a container id with a line feed': { env: { CNI_CONTAINERID: 'abc\n' }, code: 4 },
  'a container id that is not ASCII': { env: { CNI_CONTAINERID: 'pöd' }, code: 4 },
  'a container id of all that may be': { env: { CNI_CONTAINERID: 'A-z_0.9' }, code: undefined },
  'an interface of 15 bytes': { env: { CNI_IFNAME: 'x'.repeat(15) }, code: undefined },
  'an interface of 16 bytes': { env: { CNI_IFNAME: 'x'.repeat(16) }, code: 4 },
  'an interface named ..': { env: { CNI_IFNAME: '..' }, code: 4 },
  'an interface with a slash': { env: { CNI_IFNAME: 'a/b' }, code: 4 },
  'an interface with a colon': { env: { CNI_IFNAME: 'eth0:1' }, code: 4 },
  'an interface with a space': { env: { CNI_IFNAME: 'eth 0' }, code: 4 },
  'an interface with a tab': { env: { CNI_IFNAME: 'eth\t0' }, code: 4 },
  'arguments without sense': { env: { CNI_ARGS: ';;=;a;b=;=c' }, code: undefined },

  // stdin that cannot be decoded: 6
  'nothing on stdin': { stdin: '', code: 6 },
  'white space': { stdin: ' \n', code: 6 },
  'no JSON': { stdin: 'name: pods', code: 6 },
  'a list': { stdin: '[]', code: 6 },
  'a number': { stdin: '1', code: 6 },
  null: { stdin: 'null', code: 6 },
  'an object that is cut off': { stdin: config().slice(0, -1), code: 6 },
  'something behind the object': { stdin: `${config()}{}`, code: 6 },
  'a comma too many': { stdin: '{"name":"pods","cniVersion":"1.0.0",}', code: 6 },
  'a key without quotes': { stdin: '{name:"pods"}', code: 6 },
  'a line feed in a string': { stdin: '{"name":"po\nds"}', code: 6 },
  'a bad escape': { stdin: '{"name":"\\x41"}', code: 6 },
  'a bad \\u': { stdin: '{"name":"\\u00g0"}', code: 6 },
  'a number with a leading zero': { stdin: '{"name":"pods","cniVersion":"1.0.0","a":01}', code: 6 },
  'a number without digits': { stdin: '{"name":"pods","cniVersion":"1.0.0","a":-}', code: 6 },
  NaN: { stdin: '{"name":"pods","cniVersion":"1.0.0","a":NaN}', code: 6 },
  'a comment': { stdin: `/* pods */${config()}`, code: 6 },
  'a byte order mark': { stdin: `\ufeff${config()}`, code: 6 },
  'a NUL': { stdin: `${config()}\0`, code: 6 },
  'nested too deep': { stdin: deep(127), code: 6 },
  'nested as deep as may be': { stdin: deep(126), code: undefined },
  'nested a hundred thousand times': { stdin: '['.repeat(100_000), code: 6 },
  'a name that is a number': { stdin: config({ name: 1 }), code: 6 },
  'a version that is a number': { stdin: config({ cniVersion: 1.1 }), code: 6 },
  'a version that is none': { stdin: config({ cniVersion: 'newest' }), code: 6 },
  'a version with four parts': { stdin: config({ cniVersion: '1.0.0.0' }), code: 6 },
  'a version with a gap': { stdin: config({ cniVersion: '1..0' }), code: 6 },
  'a prevResult that is a list': { stdin: config({ prevResult: [] }), code: 6 },
  'a runtimeConfig that is text': { stdin: config({ runtimeConfig: 'x' }), code: 6 },
  'interfaces that are no list': {
    stdin: config({ prevResult: { interfaces: {} } }),
    code: 6,
    agentOnly: true,
  },
  'an address without an address': { stdin: config({ prevResult: { ips: [{}] } }), code: 6, agentOnly: true },

  // a config that is wrong: 7
  'no name': { stdin: config({ name: undefined }), code: 7 },
  'an empty name': { stdin: config({ name: '' }), code: 7 },
  'a name that climbs': { stdin: config({ name: '../pods' }), code: 7 },
  'a name with a slash in an escape': { stdin: config().replace('pods', 'po\\u002fds'), code: 7 },
  'a name in escapes': { stdin: config().replace('pods', '\\u0070ods'), code: undefined },
  'a name that comes twice, first wrong': {
    stdin: config().replace('"name"', '"name":7,"name"'),
    code: undefined,
  },
  'a name that comes twice, then wrong': { stdin: config().replace('"type"', '"name":"","type"'), code: 7 },
  '10 MB': { stdin: config({ filler: 'x'.repeat(10 << 20) }), code: 7 },
  'one byte more than 1 MB': { stdin: config().padEnd((1 << 20) + 1), code: 7 },
  '1 MB': { stdin: config().padEnd(1 << 20), code: undefined },

  // versions: 1
  'no version': { stdin: config({ cniVersion: undefined }), code: 1 },
  'an empty version': { stdin: config({ cniVersion: '' }), code: 1 },
  'a version of before lists': { stdin: config({ cniVersion: '0.2.0' }), code: 1 },
  'a version that is to come': { stdin: config({ cniVersion: '1.2.0' }), code: 1 },
  'a version in two parts': { stdin: config({ cniVersion: '1.0' }), code: 1 },
  '0.3.0': { stdin: config({ cniVersion: '0.3.0', prevResult: {} }), code: undefined },
  'CHECK in 0.3.1': {
    env: { CNI_COMMAND: 'CHECK' },
    stdin: config({ cniVersion: '0.3.1', prevResult: {} }),
    code: 1,
  },
  'CHECK in 0.4.0': {
    env: { CNI_COMMAND: 'CHECK' },
    stdin: config({ cniVersion: '0.4.0', prevResult: {} }),
    code: undefined,
  },
  'GC in 1.0.0': { env: { CNI_COMMAND: 'GC' }, code: 1 },
  'GC in 1.1.0': { env: { CNI_COMMAND: 'GC' }, stdin: config({ cniVersion: '1.1.0' }), code: undefined },
  'STATUS in 1.0.0': { env: { CNI_COMMAND: 'STATUS' }, code: 1 },
  'STATUS in 1.1.0': {
    env: { CNI_COMMAND: 'STATUS' },
    stdin: config({ cniVersion: '1.1.0' }),
    code: undefined,
  },
  'attachments that are no list': {
    env: { CNI_COMMAND: 'GC' },
    stdin: config({ cniVersion: '1.1.0', 'cni.dev/valid-attachments': {} }),
    code: 6,
    agentOnly: true,
  },
  'VERSION with no JSON': { env: { CNI_COMMAND: 'VERSION' }, stdin: '?', code: undefined },
};

export function callOf({ env, stdin }: Malformed): { env: Record<string, string>; stdin: Uint8Array } {
  const all = Object.entries({ ...goodEnv, ...env }).filter(
    (it): it is [string, string] => it[1] !== undefined,
  );
  return { env: Object.fromEntries(all), stdin: new TextEncoder().encode(stdin ?? config()) };
}
