import type { Limit, Path } from '../src/paths/path.ts';

/** One row as it was measured in a virtual machine. */
export interface RecordedRow {
  path: string;
  mode: 'host' | 'pod' | 'native';
  /** What the path cannot do on this kernel. */
  lost?: Limit['shows'];
  /** Records that were sent; with a launch time; and what of both arrived exactly. */
  records: number;
  priority: number;
  timed: number;
  launchTime: number;
  wrong: number;
}

/** What one kernel's virtual machine wrote. */
export interface RecordedKernel {
  /** As in the table's head: 6.12. */
  kernel: string;
  release: string;
  hostMode: boolean;
  rows: readonly RecordedRow[];
}

/** docs/paths.md: what was measured, and what the paths say of themselves. */
export function pathsPage(paths: readonly Path[], kernels: readonly RecordedKernel[]): string {
  const columns = kernels.flatMap(({ kernel }) => [`${kernel} host`, `${kernel} pod`]);
  const head = ['path', 'packets', ...columns, 'used by'];
  const table = [
    head,
    head.map(() => '---'),
    ...paths.map((path) => [
      `\`${path.name}\``,
      [path.title, ...only(path)].join(', '),
      ...kernels.flatMap((kernel) => [cell(path, kernel, 'host'), cell(path, kernel, 'pod')]),
      path.usedBy.join('; '),
    ]),
  ].map((cells) => `| ${cells.join(' | ')} |`);
  const notes = paths
    .filter(({ limits = [] }) => limits.length > 0)
    .flatMap((path) => (path.limits ?? []).map((limit) => note(path, limit)));
  const releases = kernels.map(({ kernel, release }) => `${kernel} is ${release}`).join(', ');
  const sent = kernels.flatMap(({ rows }) => rows).reduce((sum, { records }) => sum + records, 0);
  return `<!-- Made by npm run docs:paths. Do not edit. -->
# Paths

Ways from a pod to the NIC, built in virtual machines with Debian's kernels and measured there with unchanged applications: ${releases}. Not among them: Open vSwitch, IPsec, and netkit with programs of its own; [hazards](comparison.md#hazards) says what is known of those. ${sent} records were judged. \`npm run docs:paths -- --measure\` does it again; \`npm run test:vm -- --full\` fails where a row no longer holds.

In each row an application sends over UDP and TCP, IPv4 and IPv6: with a priority; with a priority and a launch time, in CLOCK_MONOTONIC and CLOCK_TAI; several records as one (GSO). A row is good if each record, and each segment and fragment of it, meets the NIC's qdisc with exactly the priority and launch time that were asked for, and receivers outside and in another pod of the node are told a true time of receipt (SO_TIMESTAMPNS, SO_TIMESTAMPING).

- **yes**: everything arrived.
- **native**: everything arrived without a proxy: the packets cross no border. An uplink that is attached to the NIC leaves them alone.
- **no**: this kernel has no host mode, for any path ([reason](#reasons)). \`tsnctl\` refuses it and names pod mode.
- **—**: cannot work, the [reason](#reasons) is below.

${table.join('\n')}

## Reasons

| path | kernels | what is missing | why | what \`tsnctl doctor\` says |
| --- | --- | --- | --- | --- |
${HOST_MODE}
${notes.join('\n')}
`;
}

const HOST_MODE = `| all but native ones | before 6.11 | host mode | the border of the namespace clears a launch time of UDP: nothing is left to read at the host side | this kernel loses launch times at the border, so a program has to stand inside each pod |`;

/** What a path has not got by its nature. */
function only({ families, protocols }: Path): string[] {
  const parts = [families?.map((family) => `IPv${family}`), protocols?.map((name) => name.toUpperCase())];
  return parts.flatMap((part) => (part ? [`${part.join(' and ')} only`] : []));
}

function cell(path: Path, { rows, hostMode }: RecordedKernel, mode: 'host' | 'pod'): string {
  if (mode === 'host' && !hostMode && !path.native) return 'no';
  const row = rows.find((row) => row.path === path.name && row.mode === (path.native ? 'native' : mode));
  if (!row) return 'not measured';
  if (row.lost) return '—';
  const whole = row.records > 0 && row.priority === row.records && row.launchTime === row.timed && !row.wrong;
  return whole ? (path.native ? 'native' : 'yes') : 'broken';
}

function note(path: Path, { before, reason, doctor, shows }: Limit): string {
  const missing = { refused: 'the path itself', 'launch time lost': 'the launch time' }[shows];
  return `| \`${path.name}\` | before ${before.join('.')} | ${missing} | ${reason} | ${doctor} |`;
}
