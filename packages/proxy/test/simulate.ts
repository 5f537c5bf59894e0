import { hookOf, type Observed, type Step } from '../src/model.ts';

/** What would be observed after a step: the kernel's part in a plan, as pure data. */
export function after(observed: Observed, step: Step): Observed {
  const attachments = observed.attachments.filter(
    (found) =>
      !('role' in step) ||
      !('via' in step) ||
      found.ifindex !== step.ifindex ||
      found.via !== step.via ||
      hookOf[found.role] !== hookOf[step.role],
  );
  switch (step.do) {
    case 'create-tables':
      return { ...observed, tables: true };
    case 'remove-tables':
      return { ...observed, tables: false, pods: [], uplinks: [] };
    case 'attach':
    case 'move-first':
      return {
        ...observed,
        attachments: [...attachments, { ifindex: step.ifindex, role: step.role, via: step.via, first: true }],
      };
    case 'detach':
      return { ...observed, attachments };
    case 'switch':
      return {
        ...observed,
        attachments: observed.attachments.map((found) =>
          found.ifindex === step.ifindex && found.via === step.via && found.role === step.from
            ? { ...found, role: step.to }
            : found,
        ),
      };
    case 'set-pod': {
      const pods = observed.pods.filter(({ ifindex }) => ifindex !== step.ifindex);
      return {
        ...observed,
        pods: step.policy ? [...pods, { ifindex: step.ifindex, policy: step.policy }] : pods,
      };
    }
    case 'set-uplink': {
      const uplinks = observed.uplinks.filter(({ ifindex }) => ifindex !== step.ifindex);
      return {
        ...observed,
        uplinks: step.uplink ? [...uplinks, { ifindex: step.ifindex, ...step.uplink }] : uplinks,
      };
    }
    case 'remove-stale-pin':
      return { ...observed, stale: observed.stale.filter((path) => path !== step.path) };
    case 'detach-loose':
      return { ...observed, loose: (observed.loose ?? []).filter(({ linkId }) => linkId !== step.linkId) };
  }
}
