import { readFileSync, statSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';
import { readDocument } from '@tsnctl/document';
import { isErrno } from '@tsnctl/linux';
import { type Config, configSchema } from './schema.ts';

const OTHERS_WRITE = 0o022;

/** The configuration where no file says anything. */
export function defaultConfig(): Config {
  return configSchema.parse({});
}

/** A configuration's text to what it says. @throws DocumentError that names file, line, column, key and the mend */
export function parseConfig(text: string, file: string): Config {
  return readDocument(configSchema, text, { file }).value;
}

/** @throws DocumentError; TsnctlError NO_CONFIG, UNSAFE_CONFIG */
export function readConfig(file: string): Config {
  return parseConfig(readText(file), file);
}

/** Who can write the file decides who may send what: so nobody but its owner may. */
export function readText(file: string): string {
  try {
    const { uid, mode } = statSync(file);
    if (![0, process.geteuid?.()].includes(uid) || (mode & OTHERS_WRITE) !== 0) {
      throw new TsnctlError('UNSAFE_CONFIG', `others than root can write ${file}`, {
        hint: `chown root ${file} && chmod go-w ${file}`,
      });
    }
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (!isErrno(cause, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR')) throw cause;
    throw new TsnctlError(
      'NO_CONFIG',
      `the configuration ${file} cannot be read: ${(cause as Error).message}`,
      {
        hint: 'docs/configuration.md has an example; without --config, the agent does with its defaults',
        cause,
      },
    );
  }
}
