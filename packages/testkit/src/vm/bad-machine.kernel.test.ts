import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useLeakCheck } from '../leak-check.ts';
import { requires } from '../requires.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const COMMAND = ['run-command.ts', '6.1', '--', 'true'];
const TESTS = ['run-tests.ts', '--kernel', '6.1', '--kernel', '6.12', 'no-such-file'];
const CODENAME = 'bookworm';
const ARM64 = {
  NODE_OPTIONS: "--import=data:text/javascript,Object.defineProperty(process,'arch',{value:'arm64'})",
};
const LISTED = `Package: linux-image-amd64
Version: 6.1.1-1
Architecture: amd64
Filename: pool/linux-image-amd64_6.1.1-1_amd64.deb
Size: 1
SHA256: ${'0'.repeat(64)}
Description: gone
`;

useLeakCheck();

// With an empty cache, without a network, and with an /etc/apt of its own.
let directory: string;
beforeEach((context) => {
  requires(context, { root: true, programs: ['apt-get', 'flock', 'unshare'] });
  directory = mkdtempSync(join(tmpdir(), 'tsnctl-bad-machine-'));
  for (const each of ['apt.conf.d', 'sources.list.d'])
    mkdirSync(join(directory, 'etc-apt', each), { recursive: true });
  write('os-release', `ID=debian\nVERSION_CODENAME=${CODENAME}\n`);
  // For the archives that are made here, which nobody signs.
  write('apt.conf', 'Acquire::AllowInsecureRepositories "true";\nAPT::Get::AllowUnauthenticated "true";\n');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('a machine that cannot run other kernels is told why, and exits 1', () => {
  it('without a network', () => {
    write('etc-apt/sources.list', archive('http://deb.debian.org/debian'));
    const { status, said } = run(COMMAND);
    expect(said).toMatch(
      /^kernel 6\.1 \(linux-image-amd64 of bookworm, bookworm-security\) is not in the cache and cannot be fetched: apt-get failed: .*deb\.debian\.org/s,
    );
    expect(said).toMatch(/\nTry: again with a network that reaches the mirror of \/etc\/apt\n$/);
    expect(status).toBe(1);
  });

  it('without apt', () => {
    write('etc-apt/sources.list', archive(`file:${directory}/archive`));
    const { status, said } = run(COMMAND, { PATH: onlyWith('flock') });
    expect(said).toMatch(/kernel 6\.1 .* cannot be fetched: apt-get does not run: .*ENOENT/);
    expect(said).toContain(
      'Try: a Debian machine: its kernels are fetched by apt, and unpacked by dpkg and kmod',
    );
    expect(status).toBe(1);
  });

  it('without a source of Debian', () => {
    write('etc-apt/sources.list', 'deb http://other.test/apt stable contrib\n');
    const { status, said } = run(COMMAND);
    expect(said).toContain(
      "cannot be fetched: no apt source here serves Debian's archive, so there is no bookworm either",
    );
    expect(said).toContain(`Try: a source for the suite ${CODENAME} with the component main in /etc/apt`);
    expect(status).toBe(1);
  });

  it('of another architecture', () => {
    const { status, said } = run(COMMAND, ARM64);
    expect(said).toContain('the virtual machines are made for amd64; this machine is arm64');
    expect(said).toContain('Try: an amd64 machine; all other tests run here');
    expect(status).toBe(1);
  });

  it('where the archive has the kernel no more', () => {
    layArchive('');
    const { status, said } = run(COMMAND);
    expect(said).toMatch(/kernel 6\.1 .* cannot be fetched: apt knows no package linux-image-amd64/);
    expect(said).toContain('Try: another kernel: npm run test:vm -- --list');
    expect(status).toBe(1);
  });

  it('where the archive lists the kernel and has it no more', () => {
    layArchive(LISTED);
    const { status, said } = run(COMMAND);
    expect(said).toMatch(
      /kernel 6\.1 .* cannot be fetched: apt-get failed: .*linux-image-amd64_6\.1\.1-1_amd64\.deb.* \(2: No such file or directory\)/s,
    );
    expect(status).toBe(1);
  });
});

describe('the tests in other kernels', () => {
  it('name each kernel that cannot be had, try the next one, and exit 1', () => {
    layArchive('');
    const { status, said } = run(TESTS);
    for (const [name, suites] of [
      ['6\\.1', 'bookworm, bookworm-security'],
      ['6\\.12', 'trixie, trixie-security'],
    ]) {
      const counts = `^${name}: 0 passed, 0 failed, 0 skipped, \\d+ s, `;
      const why = `kernel ${name} \\(linux-image-amd64 of ${suites}\\) is not in the cache`;
      expect(said).toMatch(new RegExp(counts + why, 'm'));
    }
    expect(status).toBe(1);
  });
});

function write(name: string, text: string): void {
  const file = join(directory, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A PATH that has one program. */
function onlyWith(program: string): string {
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  symlinkSync(`/usr/bin/${program}`, join(bin, program));
  symlinkSync('/bin/sh', join(bin, 'sh')); // which holds the lock
  symlinkSync('/bin/cat', join(bin, 'cat'));
  return bin;
}

function archive(uri: string): string {
  return `deb ${uri} ${CODENAME} main\n`;
}

/** An archive on this machine, with these packages, for every suite. */
function layArchive(packages: string): void {
  write('etc-apt/sources.list', archive(`file:${directory}/archive`));
  for (const suite of ['bookworm', 'trixie']) {
    write(`archive/dists/${suite}/main/binary-amd64/Packages`, packages);
    write(
      `archive/dists/${suite}/Release`,
      `Suite: ${suite}\nCodename: ${suite}\nComponents: main\nArchitectures: amd64\n`,
    );
  }
}

function run(
  program: readonly string[],
  env: Record<string, string> = {},
): { status: number | null; said: string } {
  const [file = '', ...args] = program;
  const command = [
    process.execPath,
    '-C',
    '@tsnctl/source',
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, file),
  ];
  const mounts = `mount --bind ${directory}/etc-apt /etc/apt && mount --bind ${directory}/os-release /etc/os-release`;
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['--net', '--mount', 'sh', '-c', `${mounts} && PATH=$GUEST_PATH exec "$@"`, 'sh', ...command, ...args],
    {
      cwd: root,
      encoding: 'utf8',
      env: {
        ...process.env,
        GUEST_PATH: process.env.PATH,
        XDG_CACHE_HOME: join(directory, 'cache'),
        APT_CONFIG: join(directory, 'apt.conf'),
        ...env,
        ...(env.PATH && { PATH: process.env.PATH, GUEST_PATH: env.PATH }),
      },
    },
  );
  return { status, said: `${stdout}${stderr}` };
}
