import type { InstallStep, StepKind, StepOf } from './model.ts';
import { octal } from './path-state.ts';

/** What a step does, for people, and the command that would do the same. */
export function describeInstallStep<Kind extends StepKind>(
  step: StepOf<Kind>,
): { text: string; equivalent: string } {
  return describers[step.do as Kind](step);
}

const describers: { [Kind in StepKind]: (step: StepOf<Kind>) => { text: string; equivalent: string } } = {
  put: describePut,
  'put-tree': ({ path, from, files }) => ({
    text: `copy ${files.length} files (${megabytes(files)} MB) to ${path}`,
    equivalent: `cp -r ${from} ${path}.tmp && mv ${path}.tmp ${path}`,
  }),
  'remove-tree': ({ path, files }) => ({
    text: `remove the ${files.length} files of ${path}`,
    equivalent: `rm -r ${path}`,
  }),
  'reload-chain': ({ directory }) => ({
    text: `make the runtime read ${directory} again`,
    equivalent: `touch ${directory}/x.tmp && rm ${directory}/x.tmp`,
  }),
  'reload-units': () => ({ text: 'let systemd read its units again', equivalent: 'systemctl daemon-reload' }),
  'start-unit': ({ unit }) => ({ text: `start ${unit}`, equivalent: `systemctl start ${unit}` }),
  'stop-unit': ({ unit }) => ({
    text: `stop ${unit}; what is attached stays attached`,
    equivalent: `systemctl stop ${unit}`,
  }),
  'restart-unit': ({ unit }) => ({
    text: `restart ${unit}; what is attached stays attached`,
    equivalent: `systemctl restart ${unit}`,
  }),
  'wait-ready': ({ socket, timeoutMs }) => ({
    text: `wait until the agent listens on ${socket}, ${timeoutMs / 1000} s at most`,
    equivalent: 'tsnctl status --wait',
  }),
  'renew-programs': () => ({
    text: 'put the new programs in the places of those that are attached, atomically',
    equivalent: 'BPF_LINK_UPDATE',
  }),
  'detach-all': () => ({
    text: 'detach all programs, and remove their tables',
    equivalent: 'tsnctl detach all',
  }),
  'remove-runtime-state': ({ directory }) => ({
    text: `remove the socket and the records in ${directory}`,
    equivalent: `rm -r ${directory}`,
  }),
  'remove-journal': ({ directory }) => ({ text: 'remove the journal', equivalent: `rm -r ${directory}` }),
};

function describePut({ path, was, to, content, why }: StepOf<'put'>): { text: string; equivalent: string } {
  switch (to.kind) {
    case 'directory':
      return { text: `make the directory ${path}`, equivalent: `install -d -m ${octal(to.mode)} ${path}` };
    case 'link':
      return {
        text: `point ${path} to ${to.target}: ${why}`,
        equivalent: `ln -s ${to.target} ${path}.tmp && mv -T ${path}.tmp ${path}`,
      };
    case 'file': {
      const source = content && 'copyOf' in content ? content.copyOf : '/dev/stdin';
      return {
        text: `${was.kind === 'none' ? 'write' : 'replace'} ${path}, mode ${octal(to.mode)}: ${why}`,
        equivalent: `install -m ${octal(to.mode)} ${source} ${path}.tmp && mv ${path}.tmp ${path}`,
      };
    }
    case 'none':
    case 'other':
      return was.kind === 'directory'
        ? { text: `remove the directory ${path}, if it is empty`, equivalent: `rmdir ${path}` }
        : { text: `remove ${path}: ${why}`, equivalent: `rm ${path}` };
  }
}

function megabytes(files: readonly { size: number }[]): string {
  return (files.reduce((sum, { size }) => sum + size, 0) / 1e6).toFixed(1);
}

/** A step in one line. */
export function installStepText(step: InstallStep): string {
  return describeInstallStep(step).text;
}
