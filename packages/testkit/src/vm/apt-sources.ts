/** One archive that apt reads: a stanza's or a line's share of it. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** A keyring file, or a key itself where a stanza has one; apt's own trust without it. */
  readonly signedBy?: string;
}

/** What a file in /etc/apt says: stanzas in *.sources, lines in *.list. See sources.list(5). */
export function parseAptSources(file: string, text: string): AptSource[] {
  return file.endsWith('.sources')
    ? text.split(/\n\s*\n/).flatMap(parseStanza)
    : text.split('\n').flatMap(parseLine);
}

/**
 * The system's own Debian archives, made to serve other suites. Each suite `NAME` or `NAME-security` is served by
 * what serves the system's own `CODENAME` or `CODENAME-security`; one that nothing serves is left out.
 */
export function sourcesFor(
  suites: readonly string[],
  system: readonly AptSource[],
  codename: string,
): AptSource[] {
  return suites.flatMap((suite) => {
    const own = `${codename}${suite.endsWith('-security') ? '-security' : ''}`;
    const source = system.find((candidate) => candidate.suite === own && isDebians(candidate));
    return source ? [{ ...source, suite, components: ['main'] }] : [];
  });
}

/** As a file in /etc/apt/sources.list.d, named *.sources. */
export function renderAptSources(sources: readonly AptSource[]): string {
  return sources
    .map(({ uri, suite, components, signedBy }) =>
      [
        'Types: deb',
        `URIs: ${uri}`,
        `Suites: ${suite}`,
        `Components: ${components.join(' ')}`,
        ...(signedBy === undefined ? [] : [`Signed-By: ${signedBy}`]),
      ].join('\n'),
    )
    .map((stanza) => `${stanza}\n`)
    .join('\n');
}

/** Other archives may have suites of the same names: Debian's has `main`, and is signed by Debian's key or by any. */
function isDebians({ components, signedBy }: AptSource): boolean {
  return components.includes('main') && (signedBy === undefined || /debian-archive|BEGIN PGP/.test(signedBy));
}

function parseStanza(text: string): AptSource[] {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of text.split('\n').filter((each) => !each.startsWith('#'))) {
    const field = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
    if (field) {
      last = (field[1] ?? '').toLowerCase();
      fields.set(last, field[2] ?? '');
    } else if (/^\s/.test(line)) fields.set(last, `${fields.get(last) ?? ''}\n${line}`);
  }
  const words = (name: string) => (fields.get(name) ?? '').split(/\s+/).filter(Boolean);
  if (!words('types').includes('deb') || words('enabled')[0] === 'no') return [];
  return words('uris').flatMap((uri) =>
    words('suites').map((suite) => source(uri, suite, words('components'), fields.get('signed-by'))),
  );
}

function parseLine(line: string): AptSource[] {
  const [, options = '', uri, suite, components = ''] =
    /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line) ?? [];
  if (uri === undefined || suite === undefined) return [];
  const signedBy = /\bsigned-by=(\S+)/.exec(options)?.[1];
  return [source(uri, suite, components.split(/\s+/).filter(Boolean), signedBy)];
}

function source(uri: string, suite: string, components: string[], signedBy?: string): AptSource {
  return { uri, suite, components, ...(signedBy && { signedBy }) };
}
