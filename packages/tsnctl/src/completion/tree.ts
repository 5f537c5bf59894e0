import type { Argument, Command, Option } from 'commander';

/** What a value is, for a shell that offers some. */
export type ValueKind = 'interface' | 'netns' | 'directory' | 'file' | 'none';

export interface CompletionOption {
  /** `-o` and `--output`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  readonly kind: ValueKind;
}

/** A command with all that may follow it. */
export interface CompletionNode {
  /** `attach uplink`; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletionOption[];
  /** What its first argument is, and which values it has, where they are few. */
  readonly argument: { readonly kind: ValueKind; readonly choices: readonly string[] } | undefined;
}

/** Every command of a program, the program first. */
export function completionTree(program: Command, path = ''): CompletionNode[] {
  const commands = program.commands.filter((command) => command.name() !== 'help');
  return [
    {
      path,
      commands: commands.map((command) => ({ name: command.name(), description: command.description() })),
      options: [...program.options.map(optionOf), HELP],
      argument: argumentOf(program.registeredArguments[0]),
    },
    ...commands.flatMap((command) => completionTree(command, `${path} ${command.name()}`.trim())),
  ];
}

const HELP: CompletionOption = {
  names: ['-h', '--help'],
  description: 'display help for command',
  takesValue: false,
  choices: [],
  kind: 'none',
};

function optionOf(option: Option): CompletionOption {
  return {
    names: [option.short, option.long].filter((name) => name !== undefined),
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
    kind: kindOf(/[<[]([^>\]]*)/.exec(option.flags)?.[1] ?? ''),
  };
}

function argumentOf(argument: Argument | undefined): CompletionNode['argument'] {
  return argument && { kind: kindOf(argument.name()), choices: argument.argChoices ?? [] };
}

/** Values are named alike throughout: `<IF>`, `<namespace>`, `<directory>`, `<file>`. */
const kinds: readonly (readonly [RegExp, ValueKind])[] = [
  [/\bIF\b/, 'interface'],
  [/^namespace$/, 'netns'],
  [/^(directory|dir)$/, 'directory'],
  [/^(file|path|config)$/, 'file'],
];

function kindOf(name: string): ValueKind {
  return kinds.find(([pattern]) => pattern.test(name))?.[1] ?? 'none';
}
