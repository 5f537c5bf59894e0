import { gre } from './gre.ts';

/** GRE with an Ethernet header inside; the same options. */
export const gretap: typeof gre = { ...gre, kind: 'gretap' };
