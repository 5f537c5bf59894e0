import { expect, it } from 'vitest';
import { chainEntry } from './chain-entry.ts';
import { parseConfig } from './read-config.ts';

it('our entry has what is granted, and nothing that goes without saying', () => {
  const entry = (text: string) => chainEntry(parseConfig(text, 'config.yaml'));
  expect(entry('chain: never')).toBeUndefined();
  expect(entry('chain: auto')).toEqual({
    type: 'tsnctl',
    capabilities: { 'io.kubernetes.cri.pod-annotations': true },
  });
  const granted = 'chain: {grant: {priorities: "1-3,6", txtime: true, horizon: 20ms}, onAgentDown: error}';
  expect(entry(`${granted}\nsocket: /run/a.sock`)).toMatchObject({
    grant: { priorities: '1-3,6', txtime: true, horizon: '20ms' },
    onAgentDown: 'error',
    socket: '/run/a.sock',
  });
});
