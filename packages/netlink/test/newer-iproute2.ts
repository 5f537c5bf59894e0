// Put ip, tc and genl (iproute2 6.15) and wg of Debian 13 into a directory, to run beside what this machine has:
//
//     node packages/netlink/test/newer-iproute2.ts [DIR]
//
// apt-get downloads them with a state of its own, so the machine's sources and packages stay as they are.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { newerIproute2 } from './newer-iproute2-place.ts';

const packages = [
  'iproute2',
  'wireguard-tools',
  'libbpf1',
  'libc6',
  'libcap2',
  'libdb5.3t64',
  'libelf1t64',
  'libmnl0',
];
const libraries = ['libpcre2-8-0', 'libselinux1', 'libtirpc3t64', 'libxtables12', 'libzstd1', 'zlib1g'];
const kerberos = [
  'libcom-err2',
  'libgssapi-krb5-2',
  'libk5crypto3',
  'libkeyutils1',
  'libkrb5-3',
  'libkrb5support0',
];

const directory = resolve(process.argv[2] ?? newerIproute2);
const root = join(directory, 'root');
for (const folder of ['state/lists/partial', 'cache/archives/partial', 'debs', 'root']) {
  mkdirSync(join(directory, folder), { recursive: true });
}
const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
writeFileSync(
  join(directory, 'sources.list'),
  `deb [signed-by=${keys}] http://deb.debian.org/debian trixie main\n`,
);
apt('update');
apt('download', ...packages, ...libraries, ...kerberos, 'libssl3t64');
for (const deb of readdirSync(join(directory, 'debs'))) {
  execFileSync('dpkg-deb', ['-x', join(directory, 'debs', deb), root]);
}
for (const [tool, path] of [
  ['ip', 'usr/bin/ip'],
  ['tc', 'usr/sbin/tc'],
  ['genl', 'usr/sbin/genl'],
  ['wg', 'usr/bin/wg'],
] as const) {
  const loader = `${join(root, 'usr/lib64/ld-linux-x86-64.so.2')} --library-path ${join(root, 'usr/lib/x86_64-linux-gnu')}`;
  writeFileSync(join(directory, tool), `#!/bin/sh\nexec ${loader} ${join(root, path)} "$@"\n`);
  chmodSync(join(directory, tool), 0o755);
}

function apt(...command: string[]): void {
  const settings = {
    'Dir::State': join(directory, 'state'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': join(directory, 'cache'),
    'Dir::Etc::sourcelist': join(directory, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'APT::Sandbox::User': 'root',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  execFileSync('apt-get', [...options, '-q', ...command], {
    cwd: join(directory, 'debs'),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
