import type { DemoResult, Row } from '@tsnctl/lab';
import { describe, expect, it } from 'vitest';
import { painter } from './colour.ts';
import { renderDemo } from './demo.ts';

const timed: Row = {
  path: 'load-balancer',
  family: 4,
  sender: 'udp-txtime-mono',
  sent: 1000,
  without: { priority: 0, launchTime: 1000 },
  with: { priority: 1000, launchTime: 1000, wrong: 0 },
};
const untimed: Row = {
  ...timed,
  family: 6,
  sender: 'tcp-priority',
  without: { priority: 0, launchTime: null },
  with: { priority: 1000, launchTime: null, wrong: 0 },
};
const broken: Row = { ...timed, path: 'vxlan', with: { priority: 998, launchTime: 1000, wrong: 2 } };

const result = (...rows: Row[]): DemoResult => ({
  kernel: '6.18.44',
  mode: 'host',
  rows,
  ok: !rows.includes(broken),
});

describe('renderDemo', () => {
  it('names each path once, in two groups of columns', () => {
    expect(renderDemo(result(timed, untimed, { ...timed, path: 'vxlan' }))).toBe(
      `\
                                           WITHOUT THE PROXY       WITH IT
PATH           SENDER           IP  SENT   PRIORITY  LAUNCH TIME   PRIORITY  LAUNCH TIME  WRONG
load-balancer  udp-txtime-mono  v4  1000          0         1000       1000         1000      0
               tcp-priority     v6  1000          0            -       1000            -      0
vxlan          udp-txtime-mono  v4  1000          0         1000       1000         1000      0

Kernel 6.18.44, host mode. Since 6.11 the kernel itself keeps launch times.
Each packet was judged at the NIC's egress, by what a qdisc would see there.
Without the proxy 0 of 3000 packets kept their priority, 2000 of 2000 their launch time.
With the proxy all 3000 packets reached the NIC with their own priority and launch time.
`,
    );
  });

  it('fits 100 columns', () => {
    const lines = renderDemo(result(timed, untimed, broken)).split('\n');
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
  });

  it('says how many rows are not whole', () => {
    expect(renderDemo(result(timed, broken))).toMatch(
      /\n1 of 2 rows lost metadata or had another packet's\.\n$/,
    );
  });

  it('colours what is lost red and what is kept green, on a terminal only', () => {
    const onTerminal = renderDemo(result(broken), painter({ isTTY: true }, {}));
    expect(onTerminal).toContain('\x1b[31m     998\x1b[39m');
    expect(onTerminal).toContain('\x1b[32m       1000\x1b[39m');
    expect(onTerminal).toContain('\x1b[31m    2\x1b[39m');
    for (const paint of [
      painter({ isTTY: false }, {}),
      painter({ isTTY: true }, { NO_COLOR: '1' }),
      painter({ isTTY: true }, { TERM: 'dumb' }),
    ]) {
      expect(renderDemo(result(broken), paint)).not.toContain('\x1b');
    }
  });
});
