/** Why a run was broken off. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(name: NodeJS.Signals, number: number) {
    super(`interrupted by ${name}`);
    this.exitCode = 128 + number;
  }
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const; // signal(7)

/** Aborts when this process is asked to end, so that what it has started can be ended first. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const [name, number] of Object.entries(SIGNALS) as [keyof typeof SIGNALS, number][])
    process.on(name, () => controller.abort(new Interrupted(name, number)));
  return controller.signal;
}
