import { bashCompletion } from './bash.ts';
import type { CompletionNode } from './tree.ts';

/** A script for `source <(tsnctl completion zsh)`: zsh runs bash's, through its own bashcompinit. */
export function zshCompletion(nodes: readonly CompletionNode[]): string {
  return `# zsh completion of tsnctl
autoload -Uz compinit bashcompinit
(( \${+functions[compdef]} )) || compinit
bashcompinit
${bashCompletion(nodes).replace('# bash completion of tsnctl\n', '')}`;
}
