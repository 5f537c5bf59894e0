import { Argument, type Command } from 'commander';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { completionTree } from '../completion/tree.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { examples } from './examples.ts';

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `whole` makes a program with every command. */
export function addCompletion(program: Command, whole: () => Promise<Command>): void {
  program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      examples(
        'tsnctl completion bash > /etc/bash_completion.d/tsnctl',
        'source <(tsnctl completion bash)',
        'source <(tsnctl completion zsh)',
        'tsnctl completion fish > ~/.config/fish/completions/tsnctl.fish',
      ),
    )
    .action(async (shell: keyof typeof scripts) => {
      process.stdout.write(scripts[shell](completionTree(await whole())));
    });
}
