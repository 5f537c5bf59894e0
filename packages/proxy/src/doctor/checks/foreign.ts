import type { Check } from '../check.ts';
import type { Found } from '../finding.ts';

/** Programs of others on the hooks that we stand on: ahead of ours they can redirect a packet past it. */
export const foreign: Check = {
  name: 'foreign',
  asks: 'do ours come first on their hooks',
  mayPass: true,
  run: ({ hooks }) => {
    if ('unseen' in hooks) return [{ severity: 'unseen', message: `programs on hooks: ${hooks.unseen}` }];
    return hooks.seen.flatMap(({ interface: name, direction, programs }): Found[] => {
      const ours = programs.findIndex(({ role }) => role !== undefined);
      if (ours === -1) return [];
      const label = (one: { name: string }) => one.name;
      const [ahead, behind] = [programs.slice(0, ours).map(label), programs.slice(ours + 1).map(label)];
      const evidence = `bpftool net show dev ${name}: ${programs.map(label).join(', ')}`;
      const subject = `${name} ${direction}`;
      if (ahead.length > 0) {
        return [
          {
            severity: 'error',
            subject,
            message: `${ahead.join(', ')} ${ahead.length === 1 ? 'comes' : 'come'} before ours: what is redirected there passes us by`,
            evidence,
            mend: 'start tsnctl agent, which puts ours first again; or any tsnctl attach',
          },
        ];
      }
      if (behind.length === 0) return [];
      return [{ severity: 'ok', subject, message: `ours comes first, then ${behind.join(', ')}`, evidence }];
    });
  },
};
