import { requires, type TestBpffs, testBpffs, useLeakCheck } from '@tsnctl/testkit';
import { BpfMap, BpfObject } from 'libbpf-ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { testObject } from '../../libbpf-ts/test/objects.ts';
import { runCli } from '../test/cli.ts';
import { type MapChange, renderChange, watchMap } from './render/map-changes.ts';
import { run } from './run.ts';

const isRoot = process.getuid?.() === 0;
let bpffs: TestBpffs;
let object: BpfObject;
let routes: BpfMap<unknown, number>;

useLeakCheck();
beforeEach((ctx) => requires(ctx, { root: true, kernel: [5, 14] }));
beforeAll(() => {
  if (!isRoot) return;
  bpffs = testBpffs();
  object = BpfObject.open(testObject('maps'), 'maps').load();
  routes = object.map('routes');
  routes.set({ length: 8, address: [10, 0, 0, 0] }, 5);
  routes.set({ length: 24, address: [10, 1, 2, 0] }, 6);
  routes.pin(`${bpffs.path}/routes`);
});
afterAll(() => {
  routes?.[Symbol.dispose]();
  object?.[Symbol.dispose]();
  bpffs?.[Symbol.dispose]();
});

/** `/sys/fs/bpf` in an argument is the file system of this test. */
async function map(...args: string[]) {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      written[name] += chunk;
      return true;
    }),
  );
  try {
    const code = await run(['map', ...args.map((arg) => arg.replace(BPFFS, bpffs.path))]);
    return { code, stdout: withoutPath(written.stdout), stderr: withoutPath(written.stderr) };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
const BPFFS = '/sys/fs/bpf';
const withoutPath = (text: string) => text.replaceAll(bpffs.path, BPFFS);
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await map(...args, '-o', 'json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
};
const ids = (name: string) => {
  using found = object.map(name);
  return String(found.info.id);
};

describe('tsnctl map', () => {
  it('list: every map, with its pins', async () => {
    const all = await json('list', '--bpffs', BPFFS);
    expect(all.find(({ id }: { id: number }) => id === routes.info.id)).toEqual({
      ...routes.info,
      pins: ['/sys/fs/bpf/routes'],
    });
    const { stdout } = await map('list', '--type', 'lpm_trie', '-o', 'wide', '--bpffs', BPFFS);
    expect(stdout).toMatch(/^ *ID +TYPE +NAME +KEY +VALUE +ENTRIES +FLAGS +BTF +PINNED AT\n/);
    expect(stdout).toMatch(/ lpm_trie +routes +8B +4B +64 +0x1 +\d+ +\/sys\/fs\/bpf\/routes\n/);
  });

  it('show: by id, by the path of its pin', async () => {
    const shown = await json('show', '/sys/fs/bpf/routes');
    expect(shown).toMatchObject({ type: 'lpm_trie', keyType: 'struct prefix', valueType: '__u32' });
    expect(await json('show', String(routes.info.id))).toEqual(shown);
    const { stdout } = await map('show', '/sys/fs/bpf/routes');
    expect(stdout).toContain('\nkey        struct prefix (8 bytes)\n');
  });

  it('dump: keys and values in the shapes of their types', async () => {
    expect(await json('dump', '/sys/fs/bpf/routes')).toEqual({
      map: { id: routes.info.id, name: 'routes', type: 'lpm_trie' },
      decodedBy: 'btf',
      entries: expect.arrayContaining([
        { key: { length: 8, address: [10, 0, 0, 0] }, value: 5 },
        { key: { length: 24, address: [10, 1, 2, 0] }, value: 6 },
      ]),
      cut: false,
    });
    expect((await json('dump', '/sys/fs/bpf/routes', '--limit', '1')).cut).toBe(true);
    const { stdout } = await map('dump', '/sys/fs/bpf/routes');
    expect(stdout).toBe(
      'KEY\nLENGTH  ADDRESS      VALUE\n    24  [10 1 2 0]       6\n     8  [10 0 0 0]       5\n',
    );
  });

  it('set and get: by JSON and by bytes, 64 bits as decimal strings', async () => {
    const id = ids('percpu_array');
    const { code, stdout } = await map('set', id, '3', '"18446744073709551615"');
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'KEY  CPU                 VALUE']);
    const { values } = await json('get', id, '3');
    expect(values[0]).toEqual({ cpu: 0, value: '18446744073709551615' });
    await json('set', id, '0x03000000', '0x0100000000000000');
    expect((await json('get', id, '3')).values[0].value).toBe('1');
    expect(await json('set', '/sys/fs/bpf/routes', '{"length": 16, "address": "0x0a090000"}', '7')).toEqual({
      key: { length: 16, address: [10, 9, 0, 0] },
      value: 7,
    });
    routes.delete({ length: 16, address: [10, 9, 0, 0] });
  });

  it('set: a program by its id, in a map that holds programs', async () => {
    using tail = object.program('tail');
    await json('set', ids('programs'), '1', String(tail.info().id));
    const { stdout } = await map('get', ids('programs'), '1');
    expect(stdout).toBe(
      `KEY  VALUE\n  1  ${tail.info().id}\n`.replace(
        /VALUE/,
        'VALUE'.padStart(Math.max(5, String(tail.info().id).length)),
      ),
    );
  });

  it('watch: what comes, goes and changes', async () => {
    using lru = object.map<number, number>('lru_percpu');
    lru.set(1, 10);
    lru.set(2, 20);
    const watched = watchMap(lru as BpfMap, { interval: 1, until: new Promise(() => undefined) });
    const first = await watched.next();
    lru.set(1, 13);
    lru.set(3, 30);
    lru.delete(2);
    const second = await watched.next();
    await watched.return();
    expect(first.value?.added.map(({ key }) => key).toSorted()).toEqual([1, 2]);
    expect(second.value).toMatchObject({ added: [{ key: 3 }], changed: [{ key: 1 }], removed: [{ key: 2 }] });
    expect(renderChange(second.value as MapChange)).toMatch(
      /^\+ 3: \[\{cpu: 0, value: 30\}.*\n~ 1: 0\.value 10 -> 13 \(\+3\).*\n- 2: \[\{cpu: 0, value: 20\}.*\n$/,
    );
    const { code, stdout } = await map('watch', String(lru.info.id), '--looks', '1', '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ look: 1, changed: [], removed: [] });
  });

  it('says so where there is no BTF, and shows bytes', async () => {
    using plain = BpfMap.create<Uint8Array, Uint8Array>({
      type: 'hash',
      keySize: 2,
      valueSize: 3,
      maxEntries: 4,
    });
    plain.set(Uint8Array.of(1, 2), Uint8Array.of(0xaa, 0xbb, 0xcc));
    const id = String(plain.info.id);
    const { stdout, stderr } = await map('dump', id, '-o', 'json');
    expect(stderr).toBe('tsnctl: shown as bytes: the map was made without BTF\n');
    expect(JSON.parse(stdout)).toMatchObject({
      decodedBy: 'bytes',
      bytesBecause: 'the map was made without BTF',
      entries: [{ key: '0x0102', value: '0xaabbcc' }],
    });
    expect((await map('get', id, '0x0102')).stdout).toBe('KEY     VALUE\n0x0102  0xaabbcc\n');
  });
});

describe('tsnctl map refuses', () => {
  it.each([
    [['dump', 'no-such-map'], 1, 'there is no map called no-such-map. Try: tsnctl map list'],
    [['dump', 'vent'], 1, 'there is no map called vent. Try: one of '],
    [
      ['dump', '2147483632'],
      1,
      'there is no map with the id 2147483632, or it has gone. Try: tsnctl map list',
    ],
    [
      ['dump', '/sys/fs/bpf/none'],
      1,
      'nothing is pinned at /sys/fs/bpf/none. Try: tsnctl map list -o wide tells',
    ],
    [['dump', 'ID:events'], 1, 'the map events has no entries to walk through. Try: what is in a queue'],
    [['dump', 'ID:hash', '--limit', '0'], 2, "argument '0' is invalid. it is a whole number from 1 on"],
    [['get', 'ID:hash', '9'], 1, 'the map hash has no key 9. Try: tsnctl map dump'],
    [['get', 'ID:hash', '-1x'], 2, "unknown option '-1x'"],
    [['get', 'ID:hash', '{'], 2, 'the key { is no JSON: '],
    [['get', 'ID:hash', '"a"'], 2, 'the key does not fit: "a" is not an integer from 0 to 4294967295'],
    [['get', 'ID:hash', '0x01'], 2, 'the key does not fit: 1 bytes where 4 belong'],
    [
      ['get', 'ID:routes', '{"length": 1, "adress": []}'],
      2,
      'the key does not fit: adress: there is no such field; there are: length, address',
    ],
    [
      ['get', 'ID:routes', '{"length": 1, "address": [1, 2, 3, 256]}'],
      2,
      'the key does not fit: address.3: 256 is not an integer from 0 to 255',
    ],
    [
      ['set', 'ID:hash', '1', '{"pair": [{"low": "x"}]}'],
      2,
      'the value does not fit: field small is missing',
    ],
    [['set', 'ID:hash', '1', '0x01'], 2, 'the value does not fit: 1 bytes where 104 belong'],
    [
      ['set', 'ID:percpu_array', '1', '1.5'],
      2,
      'the value does not fit: 1.5 is no whole number that JSON carries exactly',
    ],
    [
      ['set', 'ID:percpu_array', '8', '1'],
      1,
      'the map percpu_array has room for 8 entries: it is full, or the index is too big',
    ],
    [
      ['set', 'ID:lru_percpu', '1234', '1', '--if', 'present'],
      1,
      'bpf MAP_UPDATE_ELEM: no such file or directory',
    ],
    [
      ['set', 'ID:hash_of_maps', '1', '1'],
      2,
      'the map hash_of_maps has no BTF: its key is known by its bytes alone. Try: 0x..., 4 bytes',
    ],
  ])('%j', async (args, code, message) => {
    const named = args.map((arg) => (arg.startsWith('ID:') ? ids(arg.slice(3)) : arg));
    const result = await map(...named);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: '' });
    expect(result.stderr).toMatch(/^tsnctl: .*\n$/);
    expect(result.stderr).toContain(message);
  });

  it('two maps of one name, and names their ids', async () => {
    using twin = BpfMap.create({
      type: 'lpm_trie',
      keySize: 8,
      valueSize: 4,
      maxEntries: 1,
      flags: 1,
      name: 'routes',
    });
    const { code, stderr } = await map('dump', 'routes');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tsnctl: \d+ maps are called routes\. Try: one of the ids \d+, /);
    expect(stderr).toContain(String(twin.info.id));
  });

  it('without privileges, and says what it takes', async () => {
    const { code, stderr } = await runCli(['map', 'list'], {
      wrap: ['setpriv', '--bounding-set=-all', '--inh-caps=-all'],
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^tsnctl: bpf MAP_GET_NEXT_ID: operation not permitted\. Try: as root, or with the capabilit/,
    );
  });
});
