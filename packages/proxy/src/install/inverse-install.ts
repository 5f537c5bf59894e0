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
