import type { ChainStep } from '@tsnctl/cni';
import type { Step, TuneStep } from '@tsnctl/proxy';
import type { InstallStep } from '@tsnctl/proxy/install';

type Kind = Step['do'] | ChainStep['kind'] | TuneStep['do'] | InstallStep['do'];

/** Every kind of step of every plan, and where it is killed at. The type checker names one that is missing. */
const KINDS: Record<Kind, 'here' | 'where systemd is the first process'> = {
  'create-tables': 'here',
  'remove-tables': 'here',
  attach: 'here',
  detach: 'here',
  switch: 'here',
  'move-first': 'here',
  'set-pod': 'here',
  'set-uplink': 'here',
  'remove-stale-pin': 'here',
  'detach-loose': 'here',
  'make-directory': 'here',
  'write-file': 'here',
  'remove-file': 'here',
  'remove-directory': 'here',
  reload: 'here',
  'set-channels': 'here',
  'delete-root': 'here',
  'put-qdisc': 'here',
  'set-uplink-clock': 'here',
  put: 'here',
  'put-tree': 'here',
  'remove-tree': 'here',
  'reload-chain': 'here',
  'renew-programs': 'here',
  'detach-all': 'here',
  'remove-runtime-state': 'here',
  'remove-journal': 'here',
  'reload-units': 'where systemd is the first process',
  'start-unit': 'where systemd is the first process',
  'stop-unit': 'where systemd is the first process',
  'restart-unit': 'where systemd is the first process',
  'wait-ready': 'where systemd is the first process',
};

/** Those that any machine's kernel and files have. */
export const stepKinds = kindsOf('here');
/** Killed at in a virtual machine: tsnctl/src/install-killed.qemu.test.ts */
export const systemdStepKinds = kindsOf('where systemd is the first process');

function kindsOf(where: (typeof KINDS)[Kind]): Kind[] {
  return (Object.keys(KINDS) as Kind[]).filter((kind) => KINDS[kind] === where);
}
