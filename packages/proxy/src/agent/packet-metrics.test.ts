import { describe, expect, it } from 'vitest';
import { packetMetric } from './packet-metrics.ts';

describe('packetMetric', () => {
  const metric = { name: 'tsnctl_pod_packets_total', help: 'Packets of a pod.' };

  it('is a line for each counter, exact beyond what a double holds', () => {
    const rows = [
      {
        labels: { pod: 'camera-1', interface: 'veth1' },
        counters: { saved: 9_007_199_254_740_993n, denied: 0n },
      },
      { labels: { pod: '', interface: 'veth2' }, counters: { saved: 1n } },
    ];
    expect(packetMetric({ ...metric, rows })).toBe(
      [
        '# HELP tsnctl_pod_packets_total Packets of a pod.',
        '# TYPE tsnctl_pod_packets_total counter',
        'tsnctl_pod_packets_total{pod="camera-1",interface="veth1",result="saved"} 9007199254740993',
        'tsnctl_pod_packets_total{pod="camera-1",interface="veth1",result="denied"} 0',
        'tsnctl_pod_packets_total{pod="",interface="veth2",result="saved"} 1',
        '',
      ].join('\n'),
    );
  });

  it('is there without a row', () => {
    expect(packetMetric({ ...metric, rows: [] })).toMatch(
      /^# HELP .*\n# TYPE tsnctl_pod_packets_total counter\n$/,
    );
  });

  it('lets no name end its label', () => {
    const rows = [{ labels: { interface: 'a"b\\c\nd' }, counters: { saved: 1n } }];
    expect(packetMetric({ ...metric, rows })).toContain('{interface="a\\"b\\\\c\\nd",result="saved"} 1\n');
  });
});
