import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AttachmentRecord,
  describePod,
  isRecordName,
  readRecord,
  recordName,
  writeRecord,
} from './record.ts';
import { Records } from './records.ts';

const record: AttachmentRecord = {
  containerId: 'a1b2',
  ifname: 'eth0',
  network: 'pods',
  netns: '/run/netns/cni-1',
  pod: { namespace: 'default', name: 'web', uid: 'u' },
  carried: {
    by: 'programs',
    mode: 'host',
    kind: 'veth',
    ifindex: 7,
    name: 'veth1',
    address: '0a:0b:0c:0d:0e:0f',
    peer: 2,
  },
  policy: { allow: [3], remap: { 6: 3 }, horizonNs: 2n ** 60n },
  withheld: ['priority 7'],
};

describe('a record', () => {
  it('is read as it was written', () => {
    expect(readRecord(writeRecord(record))).toEqual(record);
    const native: AttachmentRecord = { ...record, carried: { by: 'itself', kind: 'macvlan' } };
    expect(readRecord(writeRecord(native))).toEqual(native);
  });

  it('is none where it is cut short, of another format, or anything else', () => {
    const text = writeRecord(record);
    for (let end = 0; end < text.length - 2; end++) expect(readRecord(text.slice(0, end))).toBeUndefined();
    expect(readRecord(text.replace('"format": 1', '"format": 2'))).toBeUndefined();
    expect(readRecord(text.replace('"a1b2"', '"../.."'))).toBeUndefined();
    fc.assert(fc.property(fc.json(), (json) => readRecord(json) === undefined));
  });

  it('has a file name that leads nowhere else', () => {
    expect(recordName('a.b-c_1', 'eth0')).toBe('a.b-c_1@eth0.json');
    for (const id of ['../..', '..', '.', '', '/etc', 'a/b', 'a\0', '-a', 'a@b', 'a'.repeat(201)])
      expect(() => recordName(id, 'eth0')).toThrow(/^CNI_CONTAINERID /);
    for (const ifname of ['..', '.', '', 'a/b', 'x'.repeat(16)])
      expect(() => recordName('a', ifname)).toThrow(/^CNI_IFNAME /);
    expect(recordName('a'.repeat(200), 'é'.repeat(7))).toHaveLength(213);
    expect(isRecordName(recordName('a', '@@'))).toBe(true);
    expect(isRecordName('.tmp-1')).toBe(false);
  });

  it('is named by its pod, or by its container', () => {
    expect(describePod(record)).toBe('default/web eth0');
    expect(describePod({ ...record, pod: { namespace: '', name: '', uid: '' } })).toBe('a1b2 eth0');
  });
});

describe('records', () => {
  let directory: string;
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'tsnctl-records-')), 'attachments');
  });
  afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

  it('are files that only their owner reads', () => {
    const records = new Records(directory);
    expect(records.list()).toEqual([]);
    records.prepare();
    records.write(record);
    records.write({ ...record, ifname: 'net1' });
    expect(readdirSync(directory)).toEqual(['a1b2@eth0.json', 'a1b2@net1.json']);
    expect([statSync(directory).mode, statSync(join(directory, 'a1b2@eth0.json')).mode]).toEqual([
      0o040700, 0o100600,
    ]);
    expect(records.read('a1b2', 'eth0')).toEqual(record);
    expect(records.read('a1b2', 'eth1')).toBeUndefined();
    records.remove(record);
    records.remove(record);
    expect(records.list().map(({ ifname }) => ifname)).toEqual(['net1']);
  });

  it('lose what a killed writer has left, and what is broken', () => {
    const records = new Records(directory);
    records.prepare();
    records.write(record);
    writeFileSync(join(directory, '.tmp-12'), 'half');
    writeFileSync(join(directory, 'b@eth0.json'), '{');
    writeFileSync(join(directory, 'README'), 'left alone');
    records.prepare();
    expect(records.list()).toEqual([record]);
    expect(records.removeBroken()).toEqual(['b@eth0.json']);
    expect(readdirSync(directory)).toEqual(['README', 'a1b2@eth0.json']);
  });
});
