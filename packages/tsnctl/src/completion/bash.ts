import type { CompletionNode, CompletionOption, ValueKind } from './tree.ts';

/** A script for `source <(tsnctl completion bash)`. It asks no process of ours: a key press must not wait for one. */
export function bashCompletion(nodes: readonly CompletionNode[]): string {
  const paths = nodes.filter(({ path }) => path !== '').map(({ path }) => quote(path));
  return `# bash completion of tsnctl
_tsnctl() {
    local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "\${path:+$path }\${COMP_WORDS[i]}" in
            ${paths.join('|')}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
        esac
    done
    COMPREPLY=()
    case "$path $prev" in
${nodes.flatMap(valueCases).join('\n')}
    esac
    case "$path" in
${nodes.map(wordCase).join('\n')}
    esac
}
complete -F _tsnctl tsnctl
`;
}

function valueCases({ path, options }: CompletionNode): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ names, ...option }) => {
      const pattern = names.map((name) => quote(`${path} ${name}`)).join('|');
      return `        ${pattern}) ${offer(valuesOf(option))}; return ;;`;
    });
}

/** What may follow a command: options where a dash was typed, otherwise commands or its argument. */
function wordCase({ path, commands, options, argument }: CompletionNode): string {
  const names = options.flatMap((option) => option.names).join(' ');
  const words = [commands.map(({ name }) => name).join(' '), argument ? valuesOf(argument) : ''];
  return `        ${quote(path)})
            if [[ $cur == -* ]]; then ${offer(`-W ${quote(names)}`)}
            else ${offer(words[0] ? `-W ${quote(words[0])}` : (words[1] ?? ''))}; fi ;;`;
}

function valuesOf({ choices, kind }: Pick<CompletionOption, 'choices' | 'kind'>): string {
  return choices.length > 0 ? `-W ${quote(choices.join(' '))}` : byKind[kind];
}

/** What compgen is asked for. */
const byKind: Record<ValueKind, string> = {
  interface: '-W "$(ls /sys/class/net 2>/dev/null)"',
  netns: '-W "$(ls /run/netns 2>/dev/null)"',
  directory: '-d',
  file: '-f',
  none: '',
};

function offer(compgen: string): string {
  return compgen === '' ? 'COMPREPLY=()' : `COMPREPLY=($(compgen ${compgen} -- "$cur"))`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
