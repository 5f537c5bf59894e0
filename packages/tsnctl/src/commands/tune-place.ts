import { TsnctlError } from '@tsnctl/codec';
import { NetNs } from '@tsnctl/linux';
import { Tuner } from '@tsnctl/proxy';
import { type Command, Option } from 'commander';
import { nameOrPath } from './attach.ts';

/** An interface, and where it is. */
export interface TunePlace {
  dev?: string;
  netns?: string;
  state?: string;
}

export function withTunePlace(command: Command, dev: string): Command {
  return command
    .option('--dev <interface>', dev)
    .option('--netns <namespace>', 'its network namespace, by name or path (default: this one)', nameOrPath)
    .addOption(new Option('--state <directory>', 'where what was there before is remembered').hideHelp());
}

/** What tunes the interface of this name there; it ends with the namespace. */
export function openTuner({ netns, state }: TunePlace, dev: string): Disposable & { readonly tuner: Tuner } {
  const opened = netns === undefined ? NetNs.current() : NetNs.open(netns);
  const tuner = new Tuner(opened, dev, state === undefined ? {} : { state });
  return { tuner, [Symbol.dispose]: () => opened[Symbol.dispose]() };
}

/** By its flag, or as a schedule says that comes from a file. @throws TsnctlError USAGE */
export function deviceOf({ dev }: TunePlace, inSchedule?: string, file?: string): string {
  const name = dev ?? inSchedule;
  if (name !== undefined) return name;
  throw new TsnctlError('USAGE', 'it is not said which interface', {
    hint: file === undefined ? '--dev eth1' : `--dev eth1; or dev: eth1 in ${file}`,
  });
}
