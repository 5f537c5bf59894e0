import { compared, Lab } from '@tsnctl/lab';
import { CLIENT, GO_PLUGINS } from '../../test/containerd/programs.ts';
import { timeCall } from '../../test/plugin-call.ts';
import type { Part } from './part.ts';

/** Start, answer to VERSION and end, of our binary and of a small plugin in Go. */
export const versionPart: Part = {
  title: 'VERSION of our plugin, and of tuning',
  async run({ versions }, signal) {
    await using lab = Lab.create();
    const host = lab.host('node');
    const time = (program: string) =>
      timeCall(host, { program, command: 'VERSION', config: { cniVersion: '1.0.0' } });
    const pairs = Array.from({ length: versions }, () => {
      signal.throwIfAborted();
      return { value: time(CLIENT), against: time(`${GO_PLUGINS}/tuning`) };
    });
    return [compared('version', 'ms', pairs, 0.6)];
  },
};
