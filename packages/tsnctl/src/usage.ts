import { TsnctlError } from '@tsnctl/codec';
import type { Command, CommanderError } from 'commander';

/** What commander refuses, in this product's form: its suggestions and choices become the hint. */
export function usageError(program: Command, args: readonly string[], error: CommanderError): TsnctlError {
  const [text = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const [, refused = text, choices] = /^(.*?)\.? Allowed choices are (.*)\.$/.exec(text) ?? [];
  const [, meant] = /^\(Did you mean (?:one of )?(.*)\?\)$/.exec(suggestion ?? '') ?? [];
  const help = `${commandOf(program, args)} --help`;
  const hint = choices ? `one of ${choices}` : meant ? `${meant}; or ${help}` : help;
  return new TsnctlError('USAGE', refused.replace(/\.$/, ''), { hint, cause: error });
}

/** The command that the arguments lead to: `tsnctl attach uplink`. */
function commandOf(program: Command, args: readonly string[]): string {
  let command = program;
  const names = [program.name()];
  for (const arg of args) {
    const next = command.commands.find((candidate) => candidate.name() === arg);
    if (!next) break;
    command = next;
    names.push(arg);
  }
  return names.join(' ');
}
