import { describe, expect, it } from 'vitest';
import { type AptSource, parseAptSources, renderAptSources, sourcesFor } from './apt-sources.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

const stanzas = `# A comment
Types: deb deb-src
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
# in between
Components: main contrib
Signed-By: ${KEYRING}

Types: deb
URIs: http://mirror.test/debian-security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Enabled: no
Types: deb
URIs: http://off.test
Suites: bookworm
Components: main

Types: deb-src
URIs: http://sources.test
Suites: bookworm
Components: main
`;

const archive: AptSource = {
  uri: 'http://mirror.test/debian',
  suite: 'bookworm',
  components: ['main', 'contrib'],
  signedBy: KEYRING,
};
const security: AptSource = {
  uri: 'http://mirror.test/debian-security',
  suite: 'bookworm-security',
  components: ['main'],
  signedBy: '\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc',
};

describe('parseAptSources', () => {
  it('reads stanzas', () => {
    expect(parseAptSources('debian.sources', stanzas)).toEqual([
      archive,
      { ...archive, suite: 'bookworm-updates' },
      security,
    ]);
  });

  it.each([
    ['deb http://a.test/debian bookworm main contrib # why', { components: ['main', 'contrib'] }],
    [
      'deb [arch=amd64 signed-by=/k.gpg] http://a.test/debian bookworm main',
      { components: ['main'], signedBy: '/k.gpg' },
    ],
    ['  deb [arch=amd64] http://a.test/debian bookworm main', { components: ['main'] }],
  ])('reads the line %s', (line, expected) => {
    const common = { uri: 'http://a.test/debian', suite: 'bookworm' };
    expect(parseAptSources('a.list', `${line}\n`)).toEqual([{ ...common, ...expected }]);
  });

  it.each(['', '# deb http://a.test b main', 'deb-src http://a.test b main', 'deb', 'deb http://a.test'])(
    'finds nothing in "%s"',
    (line) => {
      expect(parseAptSources('a.list', line)).toEqual([]);
      expect(parseAptSources('a.sources', line)).toEqual([]);
    },
  );
});

describe('sourcesFor', () => {
  it('has other suites served by what serves our own', () => {
    expect(sourcesFor(['trixie', 'trixie-security'], [archive, security], 'bookworm')).toEqual([
      { ...archive, suite: 'trixie', components: ['main'] },
      { ...security, suite: 'trixie-security' },
    ]);
  });

  it('leaves out what nothing here serves', () => {
    expect(sourcesFor(['trixie', 'trixie-security'], [archive], 'bookworm')).toEqual([
      { ...archive, suite: 'trixie', components: ['main'] },
    ]);
  });

  it('takes no other archive for that of Debian', () => {
    const others = [
      { ...archive, components: ['stable'] },
      { ...archive, signedBy: '/usr/share/keyrings/other.gpg' },
      { ...archive, suite: 'nodistro' },
    ];
    expect(sourcesFor(['trixie'], others, 'bookworm')).toEqual([]);
  });
});

it('renderAptSources writes what parseAptSources reads', () => {
  const sources = [archive, security, { uri: 'http://b.test', suite: 'sid', components: ['main'] }];
  expect(parseAptSources('x.sources', renderAptSources(sources))).toEqual(sources);
});
