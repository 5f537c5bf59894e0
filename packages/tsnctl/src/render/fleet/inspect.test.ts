import { fleetNodes } from '@tsnctl/kubernetes';
import { expect, it } from 'vitest';
import { NOW, state } from '../../../../kubernetes/test/fleet.ts';
import { plain } from '../colour.ts';
import { renderFleet } from './inspect.ts';

it('shows what an agent of another version says, which has less', () => {
  const interfaces = [{ name: 'line', interface: 'eth1' }];
  const nodes = fleetNodes({ nodes: [], states: [state('node-1', { interfaces })] }, Date.parse(NOW));
  expect(renderFleet(nodes, { wide: false, paint: plain })).toMatch(
    /\nTSNINTERFACES\nNODE +TSNINTERFACE +IS +STATE.*\nnode-1 +line +eth1 +in force\n/,
  );
});
