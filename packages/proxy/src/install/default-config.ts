/** What is chosen at the install; the rest is what the schema says by default. */
export interface ConfigChoices {
  readonly chain: 'auto' | 'never';
  readonly netns?: string;
  readonly bpffs?: string;
}

/** The configuration of a node that has none: what was chosen, and where the rest is said. */
export function defaultConfigText({ chain, netns, bpffs }: ConfigChoices): string {
  return [
    '# The agent of this node. It takes up a change by itself. docs/configuration.md has every key.\n',
    `chain: ${chain}\n`,
    netns === undefined ? '' : `netns: ${JSON.stringify(netns)}\n`,
    bpffs === undefined ? '' : `bpffs: ${JSON.stringify(bpffs)}\n`,
  ].join('');
}
