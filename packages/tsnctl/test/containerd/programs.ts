import { join } from 'node:path';
import { CHECKOUT } from '../cli.ts';

/** Our plugin's binary: npx nx run @tsnctl/cni:client. */
export const CLIENT = join(CHECKOUT, `packages/cni/client/dist/tsnctl-${process.arch}`);
/** Where Debian's package containernetworking-plugins has them. */
export const GO_PLUGINS = '/usr/lib/cni';
/** The command line, from its sources. */
export const MAIN = join(CHECKOUT, 'packages/tsnctl/src/main.ts');
