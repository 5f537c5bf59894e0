// A process that is killed at one moment of a plan: nothing in it can be prepared for that. It begins when told to.
import { readSync } from 'node:fs';
import { onFaultPoint } from '@tsnctl/proxy';
import { DeedNode, type DeedPlace } from './deed-node.ts';
import { DEEDS } from './deeds.ts';

export interface KilledDeed {
  readonly place: DeedPlace;
  readonly name: string;
  /** Which of the moments that pass, from 0. */
  readonly point: number;
}

const { place, name, point }: KilledDeed = JSON.parse(process.argv[2] ?? '');
if (readSync(0, Buffer.alloc(1)) === 0) process.exit(0);
let passed = 0;
onFaultPoint(() => {
  if (passed++ === point) process.kill(process.pid, 'SIGKILL');
});
await using node = new DeedNode(place);
await DEEDS[name]?.run(node);
