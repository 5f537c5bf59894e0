/** What a guest runs. */
export interface GuestCommand {
  /** The program and its arguments; none: a shell. */
  readonly argv: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Loaded before, with what they need. */
  readonly modules: readonly string[];
}

/** As a script for sh. */
export function guestScript({ argv, directory, environment, modules }: GuestCommand): string {
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`);
  return [
    ...exports,
    ...(modules.length > 0 ? [`modprobe -a ${modules.map(quoted).join(' ')} || exit`] : []),
    `cd ${quoted(directory)} || exit`,
    `exec ${argv.length > 0 ? argv.map(quoted).join(' ') : 'sh -i'}`,
    '',
  ].join('\n');
}

/** A word of the shell's that means itself. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
