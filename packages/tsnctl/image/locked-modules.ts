import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TsnctlError } from '@tsnctl/codec';
import { run } from './run.ts';
import { type Architecture, traits } from './settings.ts';

interface Locked {
  readonly version: string;
  readonly integrity: string;
}

export interface LockedModules {
  readonly folder: string;
  /** Node's version. */
  readonly node: string;
}

/**
 * A folder with the npm packages that the bundle has for this architecture alone: Node, and koffi's native module.
 * They are fetched once, and have to be what package-lock.json says: npm ci leaves out those of other machines.
 */
export function lockedModules(checkout: string, arch: Architecture): LockedModules {
  const { node } = traits[arch];
  const lock = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const wanted = [`node-linux-${node}`, `@koromix/koffi-linux-${node}`].map((name) => {
    const locked = lock.packages[`node_modules/${name}`];
    if (locked) return { name, ...locked };
    throw new TsnctlError('IMAGE', `package-lock.json has no ${name}`, { hint: 'npm install' });
  });
  const id = createHash('sha256').update(JSON.stringify(wanted)).digest('hex').slice(0, 12);
  const folder = join(checkout, 'node_modules/.cache/tsnctl-image', `${arch}-${id}`);
  const modules = { folder, node: wanted[0]?.version ?? '' };
  if (existsSync(folder)) return modules;
  mkdirSync(dirname(folder), { recursive: true });
  // Made under another name: what is there under its own is complete.
  const making = mkdtempSync(`${folder}-making-`);
  try {
    for (const each of wanted) fetchInto(join(making, each.name), each);
    renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return modules;
}

function fetchInto(folder: string, { name, version, integrity }: Locked & { name: string }): void {
  mkdirSync(folder, { recursive: true });
  const [packed] = JSON.parse(
    run('npm', ['pack', `${name}@${version}`, '--json', '--pack-destination', folder], folder),
  ) as { filename: string }[];
  const archive = join(folder, packed?.filename ?? '');
  checkIntegrity(`${name}@${version}`, readFileSync(archive), integrity);
  run('tar', ['-xzf', archive, '-C', folder, '--strip-components=1', '--no-same-owner']);
  rmSync(archive);
}

/** Exported for its test. `integrity` is as in the lock: `sha512-BASE64`. */
export function checkIntegrity(what: string, bytes: Uint8Array, integrity: string): void {
  const [algorithm = '', wanted] = integrity.split('-');
  const found = createHash(algorithm).update(bytes).digest('base64');
  if (found === wanted) return;
  throw new TsnctlError('IMAGE', `${what} is not what package-lock.json says: ${algorithm}-${found}`, {
    hint: 'npm cache verify, and again; if that changes nothing, somebody has changed the package',
  });
}
