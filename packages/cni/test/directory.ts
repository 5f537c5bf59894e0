import { readdirSync, readFileSync } from 'node:fs';
import type { ChainStep, ConfDir, ConfFile, RuntimeTraits } from '../src/index.ts';

export const lists = new URL('../testdata/lists/', import.meta.url);

export const containerd16: RuntimeTraits = { name: 'containerd', dropIns: false };
export const containerd21: RuntimeTraits = { name: 'containerd', dropIns: true };
export const crio: RuntimeTraits = { name: 'cri-o', dropIns: false };

/** A directory of configs as a primary leaves it: testdata/lists/<name>. */
export function stored(name: string): ConfDir {
  const folder = new URL(`${name}/`, lists);
  return directory(
    Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(new URL(file, folder))])),
  );
}

export function directory(
  files: Readonly<Record<string, string | Uint8Array>>,
  dropIns: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): ConfDir {
  const all = (record: Readonly<Record<string, string | Uint8Array>>) =>
    Object.entries(record).map(([name, content]) => confFile(name, content));
  return {
    files: all(files),
    dropIns: Object.fromEntries(Object.entries(dropIns).map(([name, inside]) => [name, all(inside)])),
  };
}

export function confFile(name: string, content: string | Uint8Array): ConfFile {
  return { name, bytes: Uint8Array.from(Buffer.from(content)), mode: 0o600, uid: 7, gid: 8 };
}

/** What the steps leave; a step that finds something else than it expects fails. */
export function apply(dir: ConfDir, steps: readonly ChainStep[]): ConfDir {
  const dropIns = new Map(Object.entries(dir.dropIns).map(([name, files]) => [name, [...files]]));
  const top = [...dir.files];
  const locate = (path: string): [ConfFile[], string] => {
    const [first = '', second] = path.split('/');
    if (second === undefined) return [top, first];
    const inside = dropIns.get(first);
    if (inside === undefined) throw new Error(`no directory ${first}`);
    return [inside, second];
  };
  const expectPrevious = (found: ConfFile | undefined, previous: Uint8Array | undefined, path: string) => {
    if (textOf(found?.bytes) !== textOf(previous)) throw new Error(`${path} is not what the plan saw`);
  };
  for (const step of steps) {
    if (step.kind === 'make-directory') {
      if (dropIns.has(step.path)) throw new Error(`${step.path} is there`);
      dropIns.set(step.path, []);
    } else if (step.kind === 'remove-directory') {
      if (dropIns.get(step.path)?.length !== 0) throw new Error(`${step.path} is not empty`);
      dropIns.delete(step.path);
    } else if (step.kind === 'write-file' || step.kind === 'remove-file') {
      const [files, name] = locate(step.path);
      const at = files.findIndex((file) => file.name === name);
      expectPrevious(files[at], step.previous, step.path);
      if (step.kind === 'remove-file') files.splice(at, 1);
      else {
        const { bytes, mode, uid, gid } = step;
        files.splice(at === -1 ? files.length : at, at === -1 ? 0 : 1, { name, bytes, mode, uid, gid });
      }
    }
  }
  return { files: top, dropIns: Object.fromEntries(dropIns) };
}

/** A directory as texts, one for each byte a character, to be compared. */
export function texts(dir: ConfDir): Record<string, string> {
  const inside = Object.entries(dir.dropIns).flatMap(([name, files]) =>
    files.map((file) => [`${name}/${file.name}`, textOf(file.bytes)]),
  );
  const top = dir.files.map((file) => [
    file.name,
    `${textOf(file.bytes)} ${file.mode} ${file.uid} ${file.gid}`,
  ]);
  return Object.fromEntries([...top, ...inside].toSorted());
}

export function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '(nothing)' : Buffer.from(bytes).toString('latin1');
}
