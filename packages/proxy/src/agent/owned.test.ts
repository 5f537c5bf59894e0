import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { OwnedFile } from './owned.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tsnctl-owned-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const owned = {
  uplinks: ['eth1'],
  pods: [{ ifindex: 7, name: 'veth7' }],
  decided: [{ ifindex: 8, name: 'veth8' }],
  renewedAt: 5,
};
const nothing = { uplinks: [], pods: [], decided: [], renewedAt: 0 };

it('is read as it was written, whole, by its owner alone', () => {
  new OwnedFile(folder).write(owned);
  expect(new OwnedFile(folder).read()).toEqual(owned);
  expect(readdirSync(folder)).toEqual(['owned.json']);
  expect(statSync(join(folder, 'owned.json')).mode & 0o777).toBe(0o600);
});

it.each(['', '{', 'null', '{"format": 2, "uplinks": ["eth1"], "pods": []}', '{"format": 1}'])(
  'owns nothing where the file is none: %s',
  (text) => {
    writeFileSync(join(folder, 'owned.json'), text);
    expect(new OwnedFile(folder).read()).toEqual(nothing);
  },
);

it('reads what an agent wrote that did not tell who decides', () => {
  const { decided: _, ...former } = owned;
  writeFileSync(join(folder, 'owned.json'), JSON.stringify({ format: 1, ...former }));
  expect(new OwnedFile(folder).read()).toEqual({ ...owned, decided: [] });
});

it('owns nothing where there is no file', () => {
  expect(new OwnedFile(folder).read()).toEqual(nothing);
});
