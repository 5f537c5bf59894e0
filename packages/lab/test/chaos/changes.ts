import type { Desired, Mode, UplinkClock, Via } from '@tsnctl/proxy';
import { NIC, POD_SIDE } from '../../src/stage.ts';
import { EVERYTHING } from '../plane.ts';

/** A change of the data plane: what is wanted before it, and then. */
export interface ChaosChange {
  readonly from: Desired;
  readonly to: Desired;
  /** Whether packets carry what was asked for, once it is done. */
  readonly carries: boolean;
}

const NOTHING: Desired = { pods: [], uplinks: [], via: 'tcx' };

function carrying({
  mode = 'host',
  via = 'tcx',
  clock = 'mono',
  allow = EVERYTHING.allow,
}: {
  mode?: Mode;
  via?: Via;
  clock?: UplinkClock;
  allow?: readonly number[];
} = {}): Desired {
  return {
    pods: [{ name: POD_SIDE, mode, policy: { ...EVERYTHING, allow: [...allow] } }],
    uplinks: [{ name: NIC, clock, stacked: false }],
    via,
  };
}

/** Every kind of step is in one of them; the test says which is not. */
export const CHANGES: Readonly<Record<string, ChaosChange>> = {
  attach: { from: NOTHING, to: carrying(), carries: true },
  'detach all': { from: carrying(), to: NOTHING, carries: false },
  'to pod mode': { from: carrying(), to: carrying({ mode: 'pod' }), carries: true },
  'to clsact': { from: carrying(), to: carrying({ via: 'clsact' }), carries: true },
  'another policy': { from: carrying(), to: carrying({ allow: [3, 5] }), carries: true },
};

export const SHORT: readonly string[] = ['attach', 'detach all'];
