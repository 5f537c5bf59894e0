import { agentLoad, clusterLoad, type Load, WATCHES, WRITE_S, writesPerS } from './load.ts';
import { COSTS, SHAPES, TARGET } from './shapes.ts';

type Row = readonly [what: string, value: (load: Load) => string];

const kB = (bytes: number) => `${(bytes / 1e3).toFixed(2)} kB`;
const MB = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

const ofAgent: readonly Row[] = [
  ['requests at the start', ({ startRequests }) => `${startRequests}`],
  ['bytes at the start', ({ startBytes }) => MB(startBytes)],
  ['requests/s', ({ requestsPerS }) => requestsPerS.toFixed(3)],
  ['watch events/s', ({ eventsPerS }) => eventsPerS.toFixed(3)],
  ['bytes/s', ({ bytesPerS }) => kB(bytesPerS)],
  ['status writes/s', ({ writesPerS }) => writesPerS.toFixed(4)],
];

const ofCluster: readonly Row[] = [
  ['bytes, all started at once', ({ startBytes }) => MB(startBytes)],
  ['requests/s', ({ requestsPerS }) => requestsPerS.toFixed(0)],
  ['watch events/s', ({ eventsPerS }) => eventsPerS.toFixed(0)],
  ['bytes/s', ({ bytesPerS }) => MB(bytesPerS)],
  ['status writes/s', ({ writesPerS }) => writesPerS.toFixed(0)],
  ['bytes written/s', ({ writtenBytesPerS }) => MB(writtenBytesPerS)],
];

/** Both tables of docs/scale.md. */
export function scaleTables(): { agent: string; cluster: string } {
  return { agent: table(ofAgent, agentLoad), cluster: table(ofCluster, clusterLoad) };
}

function table(rows: readonly Row[], load: typeof agentLoad): string {
  const heads = SHAPES.map(({ nodes, churnPerS }) => `${nodes} nodes, ${churnPerS} pods/s`);
  return [
    `| | ${heads.join(' | ')} |`,
    `|---|${SHAPES.map(() => '---:').join('|')}|`,
    ...rows.map(
      ([what, value]) => `| ${what} | ${SHAPES.map((shape) => value(load(shape, COSTS))).join(' | ')} |`,
    ),
  ].join('\n');
}

/** The sums of docs/scale.md, for TARGET, as they are written there. */
export function scaleSums(): string {
  const { churnPerS, nodes, editsPerS, podsPerNode, askingPerNode, namespaces, policies, interfaces } =
    TARGET;
  const { eventsPerPodLife, podBytes, nodeBytes, namespaceBytes, policyBytes, interfaceBytes } = COSTS;
  const { requestsPerS, eventsPerS, startBytes, writesPerS: writes } = agentLoad(TARGET, COSTS);
  const changes = (2 * churnPerS * askingPerNode) / nodes / podsPerNode;
  const rounded = changes.toFixed(5);
  return [
    `changes of a node      2 * ${churnPerS} / ${nodes} * ${askingPerNode} / ${podsPerNode} = ${rounded} /s`,
    `status writes          1 / (${WRITE_S.least} + e^(-${WRITE_S.least}*${rounded}) * (1 - e^(-${WRITE_S.most - WRITE_S.least}*${rounded})) / ${rounded}) = ${writesPerS(changes).toFixed(4)} /s`,
    `requests               ${WATCHES} / 450 + ${writes.toFixed(4)} = ${requestsPerS.toFixed(3)} /s`,
    `watch events           ${churnPerS} / ${nodes} * ${eventsPerPodLife} + 1 / 300 + ${editsPerS} + ${interfaces} / 3600 + ${WATCHES} / 60 = ${eventsPerS.toFixed(3)} /s`,
    `bytes at the start     ${podsPerNode} * ${podBytes} + ${nodeBytes} + ${namespaces} * ${namespaceBytes} + ${policies} * ${policyBytes} + ${interfaces} * ${interfaceBytes} = ${startBytes}`,
  ].join('\n');
}
