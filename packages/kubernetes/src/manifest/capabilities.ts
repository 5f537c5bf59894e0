import { AGENT_CAPABILITIES } from '@tsnctl/proxy/install';

/** The agent's rights with their reasons, as its unit has them on a node without Kubernetes; by the API's names. */
export const capabilities: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(AGENT_CAPABILITIES).map(([name, why]) => [name.replace(/^CAP_/, ''), why]),
);
