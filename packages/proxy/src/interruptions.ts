import { hookOf, type Role, type Step } from './model.ts';

/** What a plan takes from traffic for a moment, at each of some interfaces. */
export interface Interruption {
  loses: 'outgoing packets' | 'launch times';
  /** On a machine at rest. */
  aboutMs: number;
  interfaces: string[];
  /** What comes and goes; a clsact qdisc unless told. */
  why?: 'queues';
}

// Measured on two cores, kernel 6.18; a busy machine takes a multiple.
const QDISC_MS = 1;
const HOOK_MS = 1;
const POD_SAVER_MS = 15; // as long as a tcx link takes to come

/** What these steps interrupt, at most. Pure, so that it can be said before the first of them. */
export function interruptions(steps: readonly Step[]): Interruption[] {
  const moved = [...new Set(steps.filter(isMoved).map(({ name }) => name))];
  const [inside, outside] = partition(moved, (name) =>
    steps.some((step) => isPlaced(step) && step.role === 'pod_saver' && step.name === name),
  );
  const all: Interruption[] = [
    { loses: 'outgoing packets', aboutMs: QDISC_MS, interfaces: qdiscsOf(steps) },
    { loses: 'launch times', aboutMs: HOOK_MS, interfaces: outside },
    { loses: 'launch times', aboutMs: POD_SAVER_MS, interfaces: inside },
  ];
  return all.filter(({ interfaces }) => interfaces.length > 0);
}

/** For people, one line. */
export function describeInterruption({ loses, aboutMs, interfaces, why }: Interruption): string {
  const comes = why === 'queues' ? 'with all that waits in its queues' : 'as a clsact qdisc comes or goes';
  const what =
    loses === 'outgoing packets'
      ? `drops outgoing packets for about ${aboutMs} ms, ${comes}`
      : `loses launch times for about ${aboutMs} ms`;
  const more = interfaces.length - FEW;
  return `${interfaces.slice(0, FEW).join(', ')}${more > 0 ? ` and ${more} more` : ''}: ${what}`;
}

const FEW = 8;

type Placed = Extract<Step, { do: 'attach' | 'detach' }>;

function isPlaced(step: Step): step is Placed {
  return step.do === 'attach' || step.do === 'detach';
}

/** Where a clsact qdisc may come or go: the first filter brings it, the last one takes it along. */
function qdiscsOf(steps: readonly Step[]): string[] {
  const filters = steps.filter(isPlaced).filter(({ via }) => via === 'clsact');
  const come = new Set(filters.filter((step) => step.do === 'attach').map(device));
  const go = new Set(filters.filter((step) => step.do === 'detach').map(device));
  return [...come.symmetricDifference(go)];
}

function device({ role, name }: Placed): string {
  return hookOf[role] === 'inside' ? `the pod's own end of ${name}` : name;
}

const CARRIES: readonly Role[] = ['saver', 'gate'];

/** Of a pod that is carried for before and after: another program does it from here on. */
function isMoved(step: Step): step is Extract<Step, { do: 'detach' | 'switch' }> {
  if (step.do === 'detach') return CARRIES.includes(step.role);
  return step.do === 'switch' && CARRIES.includes(step.from) && CARRIES.includes(step.to);
}

function partition<T>(all: readonly T[], belongs: (one: T) => boolean): [T[], T[]] {
  return [all.filter(belongs), all.filter((one) => !belongs(one))];
}
