import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { onlyWithBinary } from './only-with-binary.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tsnctl-bin-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const plan = { steps: [{ kind: 'reload' }], findings: [] } as const;
const look = () => onlyWithBinary(() => plan, [folder])({ files: [], dropIns: [] } as never);

it('leaves the chain alone where the runtime would not find our binary', () => {
  expect(look()).toEqual({
    steps: [],
    findings: [
      {
        code: 'NO_BINARY',
        severity: 'warning',
        message: `our plugin is not in ${folder}, so the chain is left as it is`,
        hint: 'tsnctl install, which puts it there; or copy it by hand',
      },
    ],
  });
  writeFileSync(join(folder, 'tsnctl'), '');
  expect(look()).toEqual(plan);
});
