/** As OCI, Go and Debian call them. */
export const ARCHITECTURES = ['amd64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** What differs between them. */
export const traits: Readonly<Record<Architecture, { readonly node: 'x64' | 'arm64' }>> = {
  amd64: { node: 'x64' }, // as Node calls it
  arm64: { node: 'arm64' },
};

export function architectureHere(): Architecture {
  return ARCHITECTURES.find((it) => traits[it].node === process.arch) ?? 'amd64';
}

/** The name that the manifests of a cluster have. */
export const IMAGE_NAME = 'tsnctl/tsnctl';

/** Which Debian the libraries are of. */
export const SUITE = 'bookworm';
/** What the bundle and its Node link to; what these need comes along. */
export const PACKAGES = ['libbpf1', 'libc6', 'libstdc++6'];
/** Of the packages only this: libraries, and under which licences they are. */
export const LEFT_OUT = [
  '/usr/share/*',
  '/usr/lib/*/gconv/*',
  '/usr/bin/*',
  '/usr/sbin/*',
  '/sbin/*',
  '/bin/*',
];
export const TAKEN_ALL_THE_SAME = ['/usr/share/doc/*/copyright'];

/** Where the bundle lies. */
export const HOME = '/opt/tsnctl';
/** As bundle/tsnctl.sh starts the agent: this image has no shell. */
export const NODE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=4',
  '--single-threaded-gc',
  '--no-memory-reducer',
  '--expose-gc',
];
export const ENVIRONMENT = { PATH: '/usr/bin', MALLOC_ARENA_MAX: '1' };
export const ENTRYPOINT = [`${HOME}/bin/node`, ...NODE_FLAGS, `${HOME}/lib/main.js`];
const command = (main: string) => `#!${HOME}/bin/node ${NODE_FLAGS[0]}\nimport '${HOME}/lib/${main}';\n`;
/** For `kubectl exec`: `tsnctl status`; and `kubectl-tsnctl status`, of a cluster. The kernel hands on one flag. */
export const COMMANDS = { tsnctl: command('main.js'), 'kubectl-tsnctl': command('kubectl.js') } as const;
