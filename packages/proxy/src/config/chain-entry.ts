import { AGENT_SOCKET, type JsonObject, ourConfig } from '@tsnctl/cni';
import { formatPriorities } from '@tsnctl/netlink';
import { formatDuration } from '../policy.ts';
import type { Config } from './schema.ts';

/** Our entry in the runtime's list, as the configuration wants it; nothing where no chain is wanted. */
export function chainEntry({ chain, socket }: Pick<Config, 'chain' | 'socket'>): JsonObject | undefined {
  if (chain === 'never') return undefined;
  const { grant, onAgentDown } = chain;
  const granted = grant && {
    ...(grant.priorities !== undefined && { priorities: formatPriorities(grant.priorities) }),
    ...(grant.txtime && { txtime: true }),
    ...(grant.horizon !== undefined && { horizon: formatDuration(grant.horizon) }),
  };
  return ourConfig({
    ...(granted && { grant: granted }),
    ...(onAgentDown !== undefined && { onAgentDown }),
    ...(socket !== AGENT_SOCKET && { socket }),
  });
}
