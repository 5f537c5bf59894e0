import type { CompletionNode, CompletionOption, ValueKind } from './tree.ts';

/** A script for `tsnctl completion fish | source`. */
export function fishCompletion(nodes: readonly CompletionNode[]): string {
  return `# fish completion of tsnctl
function __tsnctl_path
    set -l path
    for word in (commandline -opc)[2..-1]
        if contains -- (string join -- ' ' $path $word) ${nodes
          .filter(({ path }) => path !== '')
          .map(({ path }) => quote(path))
          .join(' ')}
            set -a path $word
        end
    end
    string join -- ' ' $path
end
function __tsnctl_at
    set -l at (__tsnctl_path)
    test "$at" = "$argv"
end
complete -c tsnctl -f
${nodes.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, commands, options, argument }: CompletionNode): string[] {
  const here = `complete -c tsnctl -n ${quote(`__tsnctl_at ${path}`.trimEnd())}`;
  const values = argument ? valuesOf(argument) : '';
  return [
    ...commands.map(({ name, description }) => `${here} -a ${name} -d ${quote(description)}`),
    ...(values ? [`${here} ${values}`] : []),
    ...options.map((option) => `${here} ${namesOf(option)} -d ${quote(option.description)}${takes(option)}`),
  ];
}

function namesOf({ names }: CompletionOption): string {
  return names
    .map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
    .join(' ');
}

function takes(option: CompletionOption): string {
  if (!option.takesValue) return '';
  const values = valuesOf(option);
  const files = option.kind === 'file' || option.kind === 'directory';
  return `${files ? ' -r' : ' -x'}${values ? ` ${values}` : ''}`; // -x: no files besides
}

function valuesOf({ choices, kind }: Pick<CompletionOption, 'choices' | 'kind'>): string {
  return choices.length > 0 ? `-a ${quote(choices.join(' '))}` : byKind[kind];
}

const byKind: Record<ValueKind, string> = {
  interface: "-a '(ls /sys/class/net 2>/dev/null)'",
  netns: "-a '(ls /run/netns 2>/dev/null)'",
  directory: "-a '(__fish_complete_directories)'",
  file: '-F',
  none: '',
};

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
