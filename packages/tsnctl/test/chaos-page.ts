import type { ChaosRow } from '../../lab/test/chaos/record.ts';

/** What a run of the whole suite saw. */
export interface RecordedChaos {
  readonly release: string;
  /** It was run file by file. */
  readonly inParts?: boolean;
  readonly rows: readonly ChaosRow[];
}

type RowOf<What extends ChaosRow['what']> = Extract<ChaosRow, { what: What }>;

/** docs/chaos.md: what a run of the whole suite saw. Pure. */
export function chaosPage({ release, inParts = false, rows }: RecordedChaos): string {
  const of = <What extends ChaosRow['what']>(what: What) =>
    rows.filter((row): row is RowOf<What> => row.what === what);
  const [kills, disks, faults] = [of('kill'), of('disk'), of('fault')];
  const packets = rows.reduce((sum, row) => sum + row.packets, 0);
  const points = [...kills, ...disks].reduce((sum, row) => sum + row.points, 0);
  const slow = faults.filter(({ mendedMs }) => mendedMs > LIMIT_MS).map(({ name }) => name);
  return `<!-- Made by npm run docs:chaos. Do not edit. -->
# Chaos

What becomes of packets when something bad happens to a node, as \`npm run test:chaos -- --full\` saw it on Linux ${release}${inParts ? ', run in parts' : ''}: ${packets} packets, ${points} moments at which a process was killed or its disk gave out, ${faults.length} other faults. \`npm run docs:chaos -- --measure\` does it again; [CONTRIBUTING.md](../CONTRIBUTING.md#chaos) says how a row is added.

An unchanged application sends from a pod, with a priority and launch times, and another one with a priority alone. Each packet is looked at where it leaves the NIC. Expected, for every row:

- a packet has all that it asked for, a part or nothing; never another's;
- no packet is lost by us;
- all is as before within 2 s of the end of the fault, or the agent has said why not;
- nothing is left behind: no descriptor, pin, file, process.

Times are those of a machine with other work to do, and are told, not asserted. ${slow.length === 0 ? 'None was above 2 s.' : `Above 2 s: ${slow.join('; ')}.`}

## Faults

| what happens | packets | lost | without a part of their metadata | with their own word | mended after |
| --- | --- | --- | --- | --- | --- |
${faults.map(faultRow).join('\n')}

- **by the link**: the link itself is down or away meanwhile, and loses packets with or without us.
- **their own word**: while the restorer is off the NIC, [the word](how-it-works.md) that the packet itself was given is seen there. Qdiscs take it for a launch time far away; so the restorer comes back first.
- **said**: the agent says why it cannot mend it as long as the fault lasts; the time counts from the fault's end.

In virtual machines, as they concern the whole machine: the clock is stepped by an hour, ahead and back, and TAI's offset leaps by 37 s (\`npm run test:vm -- clock-steps\`). Launch times are right before, meanwhile and after.

Locked memory is no limit to us: kernels since 5.11 count maps as the memory of their control group, and ours begin at 5.18.

## Killed at any step

Every plan that a node runs goes through its steps by one function, which tells of each before and after. A process is killed (SIGKILL) at each of these moments while packets pass. The same command again then brings it to its end, or for what was refused takes back the rest; and after an uninstall the node is byte for byte as it was. No packet was lost, none had what it did not ask for.

| what was under way | moments | packets |
| --- | --- | --- |
${kills.map(({ name, points, packets }) => `| ${name} | ${points} | ${packets} |`).join('\n')}

Steps of systemd (units are read, one is started, restarted, stopped, waited for) need systemd as the first process: \`install-killed.qemu.test.ts\` kills install, repair, upgrade and uninstall before and after each of them in a virtual machine. The same command again then brings it to its end: the agent runs the version that is installed, by the unit that is there, what was attached is attached by the same links; and after an uninstall files, units and pins are as before.

## A disk that gives out

The disk is full, or read-only, from before the plan or from any of its steps on. The refusal says so; when there is room again, the same command brings it to its end.

| what was under way | the disk | moments | packets |
| --- | --- | --- | --- |
${disks.map(({ name, fault, points, packets }) => `| ${name} | ${fault} | ${points} | ${packets} |`).join('\n')}
`;
}

/** From the end of a fault until all is as before. */
const LIMIT_MS = 2_000;

function faultRow({ name, packets, missing, bare, ownWords, mendedMs, said, takes }: RowOf<'fault'>): string {
  const lost = takes === 'packets' ? `${missing} by the link` : `${missing}`;
  const after = `${mendedMs} ms${said ? ', said' : ''}`;
  return `| ${name} | ${packets} | ${lost} | ${bare} | ${ownWords} | ${after} |`;
}
