import type { ChainStep } from '@tsnctl/cni';

/** A step in words. */
export function describeChainStep(step: ChainStep): string {
  switch (step.kind) {
    case 'make-directory':
      return `make the directory ${step.path}/`;
    case 'write-file':
      return `${step.previous === undefined ? 'write' : 'rewrite'} ${step.path}: ${step.why}`;
    case 'remove-file':
      return `remove ${step.path}: ${step.why}`;
    case 'remove-directory':
      return `remove the directory ${step.path}/`;
    case 'reload':
      return 'make the runtime read its directory again';
  }
}
