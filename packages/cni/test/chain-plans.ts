import {
  type ChainPlan,
  type ConfDir,
  ourConfig,
  planChainInstall,
  type RuntimeTraits,
  type WantedChain,
} from '../src/index.ts';
import { apply, containerd16, textOf } from './directory.ts';

/** Our entry, without a grant, in the chain of a runtime. */
export function wanted(runtime: RuntimeTraits = containerd16): WantedChain {
  return { runtime, entry: ourConfig() };
}

/** What an install leaves. */
export function install(dir: ConfDir, runtime?: RuntimeTraits): ConfDir {
  return apply(dir, planChainInstall(dir, wanted(runtime)).steps);
}

/** What a plan has found: `error BROKEN 10-flannel.conflist`. */
export function codes({ findings }: ChainPlan): string[] {
  return findings.map(({ code, severity, file }) => `${severity} ${code} ${file ?? ''}`.trim());
}

/** The text of a list of plugins. */
export function list(name: string, ...types: string[]): string {
  return JSON.stringify({ cniVersion: '1.0.0', name, plugins: types.map((type) => ({ type })) }, null, 2);
}

export function fileIn(dir: ConfDir, name: string): string {
  return textOf(dir.files.find((file) => file.name === name)?.bytes);
}

/** Where our plugin is, as a runtime would find it. */
export function ourPlaces(dir: ConfDir): string[] {
  const mentions = (text: string) => text.includes('"type": "tsnctl"');
  const inside = Object.entries(dir.dropIns).flatMap(([name, files]) =>
    files.map((file) => ({ ...file, name: `${name}/${file.name}` })),
  );
  return [...dir.files, ...inside]
    .filter(({ bytes }) => mentions(textOf(bytes)))
    .map(({ name }) => name)
    .sort();
}

/** The directory, with one file's text changed. */
export function replace(dir: ConfDir, name: string, change: (text: string) => string): ConfDir {
  return {
    ...dir,
    files: dir.files.map((file) =>
      file.name === name
        ? { ...file, bytes: Uint8Array.from(Buffer.from(change(textOf(file.bytes)), 'latin1')) }
        : file,
    ),
  };
}
