import type { JsonObject } from '../json-type.ts';
import { OUR_TYPE } from './list-text.ts';

/** The capability by which containerd and CRI-O hand over a pod's annotations. */
export const POD_ANNOTATIONS = 'io.kubernetes.cri.pod-annotations';

/** What the binary does while the agent is away: see docs/cni.md. */
export type OnAgentDown = 'auto' | 'error' | 'pass';

export interface OurSettings {
  readonly onAgentDown?: OnAgentDown;
  readonly socket?: string;
  readonly timeoutMs?: number;
  /** What pods of this network may ask for; nothing where it is not there. */
  readonly grant?: { readonly priorities?: string; readonly txtime?: boolean; readonly horizon?: string };
}

/** Our entry in a list. What is not said is left out, and the binary's default holds. */
export function ourConfig({ onAgentDown, socket, timeoutMs, grant }: OurSettings = {}): JsonObject {
  return {
    type: OUR_TYPE,
    capabilities: { [POD_ANNOTATIONS]: true },
    ...(onAgentDown !== undefined && { onAgentDown }),
    ...(socket !== undefined && { socket }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(grant !== undefined && { grant }),
  };
}
