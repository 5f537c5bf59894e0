import type { Content, InstallStep, PathState } from './model.ts';

/** The step that takes this one back, or undefined where nothing can or needs to be. */
export function inverseInstall(step: InstallStep): InstallStep | undefined {
  switch (step.do) {
    case 'put':
      return { ...back(step), why: 'as it was' };
    case 'put-tree':
      return { do: 'remove-tree', path: step.path, files: step.files };
    case 'start-unit':
      return { ...step, do: 'stop-unit' };
    case 'stop-unit':
      return { ...step, do: 'start-unit' };
    case 'restart-unit':
    case 'reload-units':
    case 'reload-chain':
      return step;
    case 'remove-tree': // the last of an upgrade: what pointed to it does so no more
    case 'wait-ready':
    case 'renew-programs': // what carries now carries, whoever loaded it
    case 'detach-all':
    case 'remove-runtime-state':
    case 'remove-journal':
      return undefined;
  }
}

/**
 * The way back from steps that were done, each with its step. What the runtime, systemd and the agent have read they read
 * again when the files are as they were, and not before.
 */
export function wayBack(steps: readonly InstallStep[]): { step: InstallStep; back: InstallStep }[] {
  const all = steps.toReversed().flatMap((step) => {
    const back = inverseInstall(step);
    return back ? [{ step, back }] : [];
  });
  const ofRuntime = all.filter(({ back }) => back.do === 'reload-chain');
  const ofSystemd = all
    .filter(({ back }) => back.do === 'reload-units' || back.do === 'restart-unit')
    .reverse();
  const rest = all.filter((one) => !ofRuntime.includes(one) && !ofSystemd.includes(one));
  for (const one of ofRuntime)
    rest.splice(rest.findLastIndex(({ back }) => isIn(back, one.back)) + 1, 0, one);
  return [...rest, ...ofSystemd];
}

/** Whether a step is about a file that a reload is about. */
function isIn(step: InstallStep, reload: InstallStep): boolean {
  return reload.do === 'reload-chain' && 'path' in step && step.path.startsWith(`${reload.directory}/`);
}

interface Put {
  readonly do: 'put';
  readonly path: string;
  readonly was: PathState;
  readonly to: PathState;
}

function back({ path, was, to }: Put): Put & { content?: Content } {
  const content = was.kind === 'file' ? { content: { kept: was.sha256 } } : {};
  return { do: 'put', path, was: to, to: was, ...content };
}
