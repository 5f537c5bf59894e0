import { type ChainFinding, type ChainPlan, interfacesOf, ipsOf, OUR_TYPE, type Result } from '@tsnctl/cni';
import {
  type AttachmentRecord,
  type ChainView,
  describeChainStep,
  describePod,
  describePolicy,
} from '@tsnctl/proxy';
import { renderTable } from './table.ts';

/** The result of an ADD: its interfaces with their addresses. */
export function renderCniResult(result: Result): string {
  const ips = ipsOf(result);
  const rows = interfacesOf(result).map((link, at) => ({
    ...link,
    addresses: ips
      .filter((ip) => ip.interface === at)
      .map((ip) => ip.address)
      .join(' '),
  }));
  if (rows.length === 0) return 'the result names no interface\n';
  return renderTable(
    [
      { heading: 'INTERFACE', value: ({ name }) => name },
      { heading: 'NAMESPACE', value: ({ sandbox }) => sandbox || 'the node' },
      { heading: 'MAC', value: ({ mac = '' }) => mac },
      { heading: 'ADDRESSES', value: ({ addresses }) => addresses },
    ],
    rows,
  );
}

export interface ShownChain extends Omit<ChainView, 'list'> {
  readonly confDir: string;
  readonly saidBy: string | null;
  readonly network: string | null;
  readonly plugins: readonly { readonly type?: unknown }[];
  readonly attachments: readonly AttachmentRecord[];
}

const places: Record<ChainView['place'], string> = {
  last: 'last',
  'not last': 'not last: plugins come behind it',
  missing: 'missing: tsnctl cni install',
};

export function renderChainView(shown: ShownChain, wide: boolean): string {
  const { confDir, saidBy, network, file, plugins, place, findings, attachments } = shown;
  const types = plugins.map(({ type }) => String(type));
  const chain =
    network === null
      ? ['network    none']
      : [
          `network    ${network}, from ${file}`,
          `chain      ${types.map((type) => (type === OUR_TYPE ? `[${type}]` : type)).join(' -> ')}`,
          `our place  ${places[place]}`,
        ];
  const said = saidBy === null ? [] : [`said by    ${saidBy}`];
  const head = [`directory  ${confDir}`, ...said, ...chain].map((line) => `${line}\n`).join('');
  return [head, renderFindings(findings), renderAttachments(attachments, wide)].filter(Boolean).join('\n');
}

export function renderChainPlan(
  { target, steps, findings }: ChainPlan,
  { where, dryRun, wide }: { where: string; dryRun: boolean; wide: boolean },
): string {
  const lines = steps.map((step, at) => {
    const content = 'bytes' in step && (wide || dryRun) ? indented(new TextDecoder().decode(step.bytes)) : '';
    return `${String(at + 1).padStart(2)}. ${describeChainStep(step)}\n${content}`;
  });
  const count = steps.length === 1 ? '1 step' : `${steps.length} steps`;
  const title = steps.length === 0 ? 'nothing to do' : `${count} ${dryRun ? 'would be taken' : 'done'}`;
  const network = target ? `, network ${target.network} of ${target.file}` : '';
  return [`${title} in ${where}${network}\n${lines.join('')}`, renderFindings(findings)]
    .filter(Boolean)
    .join('\n');
}

export function renderFindings(findings: readonly ChainFinding[]): string {
  return findings
    .map(
      ({ severity, code, message, hint }) =>
        `${severity}  ${code}: ${message}${hint ? `. Try: ${hint}` : ''}\n`,
    )
    .join('');
}

function renderAttachments(attachments: readonly AttachmentRecord[], wide: boolean): string {
  if (attachments.length === 0) return '';
  return renderTable(
    [
      { heading: 'POD', value: (record: AttachmentRecord) => describePod(record) },
      { heading: 'CONTAINER', value: ({ containerId }) => (wide ? containerId : containerId.slice(0, 12)) },
      { heading: 'NETWORK', value: ({ network }) => network },
      {
        heading: 'HOST SIDE',
        value: ({ carried }) => (carried.by === 'programs' ? carried.name : carried.kind),
      },
      { heading: 'MODE', value: ({ carried }) => (carried.by === 'programs' ? carried.mode : '') },
      { heading: 'MAY USE', value: ({ policy }) => describePolicy(policy) },
      { heading: 'NOT GRANTED', value: ({ withheld }) => withheld.join(', ') },
      { heading: 'NAMESPACE', value: ({ netns }) => (wide ? netns : '') },
    ],
    attachments,
  );
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `      ${line}\n`)
    .join('');
}
