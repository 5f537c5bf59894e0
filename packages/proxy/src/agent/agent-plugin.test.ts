import { expect, it } from 'vitest';
import { agentPlugin } from './agent-plugin.ts';

it('answers as it would, where what it keeps cannot be written', async () => {
  const lines: string[] = [];
  const plugin = agentPlugin({
    ...({} as Parameters<typeof agentPlugin>[0]), // VERSION asks for none of it
    log: (line) => lines.push(line),
    onAnswered() {
      throw new Error('no space left on device');
    },
  });
  const answer = await plugin.answer({ env: { CNI_COMMAND: 'VERSION' }, stdin: new Uint8Array() });
  expect(answer.exitCode).toBe(0);
  expect(JSON.parse(answer.stdout)).toHaveProperty('supportedVersions');
  expect(lines).toEqual(['VERSION: what the agent keeps was not written: no space left on device']);
});
