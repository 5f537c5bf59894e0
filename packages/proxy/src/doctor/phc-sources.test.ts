import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { phcSources } from './phc-sources.ts';
import { readChrony } from './read/chrony.ts';

const conf = (text: string) => phcSources('/etc/chrony.conf', { read: () => text, matching: () => [] });

describe('phcSources', () => {
  it('has the hardware clocks, by the names that chronyc has of them', () => {
    const text = [
      'pool 2.debian.pool.ntp.org iburst',
      '# refclock PHC /dev/ptp7',
      '! refclock PHC /dev/ptp8',
      'refclock SHM 0 delay 0.5 refid NMEA',
      'refclock PHC /dev/ptp0:nocrossts poll 2 dpoll -2 offset -37',
      '  RefClock phc /dev/ptp_i225 refid PTP tai',
    ].join('\n');
    expect(conf(text)).toEqual([
      { device: '/dev/ptp0', refid: 'PHC1', file: '/etc/chrony.conf' },
      { device: '/dev/ptp_i225', refid: 'PTP', file: '/etc/chrony.conf' },
    ]);
  });

  it('ends where files include each other', () => {
    const read = () => 'include /etc/chrony.conf\nrefclock PHC /dev/ptp0\n';
    const found = phcSources('/etc/chrony.conf', { read, matching: (pattern) => [pattern] });
    expect(found.length).toBeGreaterThan(0);
  });
});

describe('readChrony', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tsnctl-chrony-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const chronyd = (command: string) => [{ name: 'chronyd', pid: 7, command }];

  it('reads what the daemon reads, and asks it what it goes by', () => {
    mkdirSync(join(directory, 'conf.d'));
    const main = join(directory, 'own.conf');
    writeFileSync(main, `confdir ${directory}/conf.d\ninclude ${directory}/more-*.cfg\n`);
    symlinkSync('/dev/null', join(directory, 'ptp_nic'));
    writeFileSync(join(directory, 'conf.d/10-phc.conf'), `refclock PHC ${directory}/ptp_nic\n`);
    writeFileSync(join(directory, 'conf.d/10-phc.disabled'), 'refclock PHC /dev/ptp9\n');
    writeFileSync(join(directory, 'more-1.cfg'), 'refclock PHC /dev/ptp-not-there refid B\n');
    const chronyc = join(directory, 'chronyc');
    writeFileSync(
      chronyc,
      '#!/bin/sh\n[ "$*" = "-n -c sources" ] || exit 1\necho "^,-,192.0.2.1,2,6,377,1,0,0,0"\necho "#,*,PHC0,0,2,377,4,0.1,0.1,0.1"\necho "#,?,B,0,2,0,4,0.1,0.1,0.1"\n',
    );
    chmodSync(chronyc, 0o755);
    expect(readChrony(chronyd(`/usr/sbin/chronyd -F 1 -f ${main}`), { chronyc })).toEqual([
      { device: '/dev/null', refid: 'PHC0', file: join(directory, 'conf.d/10-phc.conf'), state: '*' },
      { device: '/dev/ptp-not-there', refid: 'B', file: join(directory, 'more-1.cfg'), state: '?' },
    ]);
  });

  it('says what the file says where chrony cannot be asked', () => {
    const usual = join(directory, 'chrony.conf');
    writeFileSync(usual, 'refclock PHC /dev/null\n');
    const options = { usual: [join(directory, 'none.conf'), usual], chronyc: join(directory, 'no-chronyc') };
    const source = { device: '/dev/null', refid: 'PHC0', file: usual };
    expect(readChrony(chronyd('/usr/sbin/chronyd -F 1'), options)).toEqual([source]);
    expect(readChrony([], options)).toEqual([]);
    expect(readChrony(chronyd(`chronyd -f ${usual}`), options)).toEqual([source]);
    expect(() => readChrony(chronyd('chronyd -f /not/there.conf'), options)).toThrow('/not/there.conf');
  });
});
