import { attrs, type Infer, struct } from '@tsnctl/codec';
import { ifInfo, linkAttributes } from './attributes.ts';
import { linkInfo } from './info.ts';

/** The body of RTM_NEWLINK, RTM_DELLINK and RTM_GETLINK. */
export const linkMessage = struct({ ...ifInfo, attrs: attrs({ ...linkAttributes, info: [18, linkInfo] }) });

export type LinkMessage = Infer<typeof linkMessage>;
