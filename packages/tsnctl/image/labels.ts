/** https://github.com/opencontainers/image-spec/blob/main/annotations.md, and two of ours. */
export function labels(facts: {
  readonly version: string;
  readonly revision: string | undefined;
  readonly node: string;
  readonly epoch: number;
}): Record<string, string> {
  return {
    'org.opencontainers.image.title': 'tsnctl',
    'org.opencontainers.image.description': 'Carries TSN packet metadata out of pods: the agent of a node',
    'org.opencontainers.image.version': facts.version,
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.created': new Date(facts.epoch * 1000).toISOString(),
    ...(facts.revision !== undefined && { 'org.opencontainers.image.revision': facts.revision }),
    'dev.tsnctl.node': facts.node,
  };
}
