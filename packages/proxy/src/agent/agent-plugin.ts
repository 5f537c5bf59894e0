import { definePlugin, type Plugin } from '@tsnctl/cni';
import { type CniHandlerOptions, cniHandlers } from '../cni/handlers.ts';

export interface AgentPluginOptions extends CniHandlerOptions {
  /** A pod goes: its interface does so after our answer. */
  readonly onGone: () => void;
  /** It does not throw: what was done is done. */
  readonly onAnswered: (command: string, code: number) => void;
}

/** What the agent answers the CNI plugin. */
export function agentPlugin({ onGone, onAnswered, ...options }: AgentPluginOptions): Pick<Plugin, 'answer'> {
  const handlers = cniHandlers(options);
  const plugin = definePlugin({
    ...handlers,
    del: (request) => Promise.resolve(handlers.del(request)).finally(onGone),
    gc: (request) => Promise.resolve(handlers.gc?.(request)).finally(onGone),
  });
  return {
    answer: async (call) => {
      const answer = await plugin.answer(call);
      onAnswered(call.env.CNI_COMMAND ?? '', answer.exitCode);
      return answer;
    },
  };
}
