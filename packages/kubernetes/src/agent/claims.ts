import type { TsnInterface } from '../crd/tsn-interface.ts';
import type { Finding } from '../policy/policy-conditions.ts';
import { selects } from '../policy/selects.ts';

/** An interface of this node, as far as a TsnInterface can name it. */
export interface NicFacts {
  readonly name: string;
  readonly address?: string;
  readonly driver?: string;
  readonly device?: string;
}

/** What a TsnInterface comes to on this node. */
export interface Claim {
  readonly by: TsnInterface;
  /** The one interface that it is about; none where that cannot be said. */
  readonly nic?: string;
  readonly finding: Finding;
}

/**
 * Which interface each TsnInterface means here, of those that select this node. One that means none, several, or one
 * that another means, too, changes nothing: the interface keeps what it has. Pure.
 */
export function claims(
  all: readonly TsnInterface[],
  nics: readonly NicFacts[],
  nodeLabels: Readonly<Record<string, string>>,
): readonly Claim[] {
  const here = all
    .filter(({ spec }) => selects(spec.nodeSelector, nodeLabels))
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const matches = here.map((by) => ({ by, found: nics.filter((nic) => fits(by.spec.match, nic)) }));
  return matches.map(({ by, found }): Claim => {
    const [nic, another] = found;
    if (!nic) {
      const message = `no interface of this node is ${describe(by.spec.match)}; there are ${list(nics)}`;
      return { by, finding: refused('NoInterface', message) };
    }
    if (another) {
      const message = `${found.length} interfaces of this node are ${describe(by.spec.match)}: ${list(found)}; one has to be named`;
      return { by, finding: refused('SeveralInterfaces', message) };
    }
    const rivals = matches.filter(
      (other) => other.by !== by && other.found.length === 1 && other.found[0] === nic,
    );
    if (rivals.length === 0) return { by, nic: nic.name, finding: MATCHED };
    const names = rivals.map((rival) => rival.by.metadata.name).join(', ');
    const message = `${nic.name} is claimed by ${names}, too: it keeps what it has until one of them goes`;
    return { by, finding: refused('Claimed', message) };
  });
}

const SHOWN = 8;
const MATCHED: Finding = {
  type: 'Matched',
  status: 'True',
  reason: 'OneInterface',
  message: 'it means one interface',
};

function refused(reason: string, message: string): Finding {
  return { type: 'Matched', status: 'False', reason, message };
}

function fits(match: TsnInterface['spec']['match'], nic: NicFacts): boolean {
  return Object.entries(match).every(([key, pattern]) => {
    const value = nic[key as keyof NicFacts];
    return value !== undefined && glob(pattern ?? '*').test(value);
  });
}

/** `*` stands for anything, all else for itself. */
function glob(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map(RegExp.escape).join('.*')}$`);
}

function describe(match: TsnInterface['spec']['match']): string {
  return Object.entries(match)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}

function list(nics: readonly NicFacts[]): string {
  const names = nics.map(({ name }) => name);
  return names.length > SHOWN ? `${names.slice(0, SHOWN).join(', ')} and others` : names.join(', ') || 'none';
}
