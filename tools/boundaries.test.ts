import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const planted = {
  'packages/codec/src/node.ts': "export { readFileSync } from 'node:fs';\n",
  'packages/codec/src/node.test.ts': "export { readFileSync } from 'node:fs';\n",
  'packages/netlink/src/koffi.ts': "export { default } from 'koffi';\n",
  'packages/netlink/src/codec.ts': "export * as codec from '@tsnctl/codec';\n",
  'packages/cni/src/node.ts': "export { readFileSync } from 'node:fs';\n",
  'packages/cni/src/chain/process.ts': "export * as node from '../node/index.ts';\n",
  'packages/cni/src/linux.ts': "export * as linux from '@tsnctl/linux';\n",
  'packages/cni/src/node/index.ts': "export { readFileSync } from 'node:fs';\n",
  'packages/cni/src/node/linux.ts': "export * as linux from '@tsnctl/linux';\n",
  'packages/cni/src/codec.ts': "export * as codec from '@tsnctl/codec';\n",
  'packages/netlink/src/cni.ts': "export * as cni from '@tsnctl/cni';\n",
  'packages/document/src/node.ts': "export { readFileSync } from 'node:fs';\n",
  'packages/schedule/src/proxy.ts': "export * as proxy from '@tsnctl/proxy';\n",
  'packages/schedule/src/netlink.ts': "export * as netlink from '@tsnctl/netlink';\n",
  'packages/proxy/src/kubernetes.ts': "export * as kubernetes from '@tsnctl/kubernetes';\n",
  'packages/linux/src/higher.ts': "export * as proxy from '@tsnctl/proxy';\n",
  'packages/libbpf-ts/src/highest.ts': "export * as cli from 'tsnctl';\n",
  'packages/lab/src/testkit.ts': "export * as testkit from '@tsnctl/testkit';\n",
  'packages/lab/src/testkit.test.ts': "export * as testkit from '@tsnctl/testkit';\n",
  'packages/proxy/src/undeclared.ts': "export * as yaml from 'yaml';\n",
  'packages/btf/src/chicken.ts': "import { egg } from './egg.ts';\nexport const chicken = () => egg;\n",
  'packages/btf/src/egg.ts': "import { chicken } from './chicken.ts';\nexport const egg = () => chicken;\n",
  'examples/talker/src/knows.ts': "export * as linux from '@tsnctl/linux';\n",
};
const workspace = mkdtempSync(join(tmpdir(), 'tsnctl-boundaries-'));
let findings: string[] = [];

beforeAll(() => {
  for (const file of [
    'biome.json',
    '.gitignore',
    ...globSync('{packages,examples}/*/package.json', { cwd: root }),
  ]) {
    cpSync(join(root, file), join(workspace, file));
  }
  for (const [file, text] of Object.entries(planted)) {
    mkdirSync(dirname(join(workspace, file)), { recursive: true });
    writeFileSync(join(workspace, file), text);
  }
  const biome = spawnSync('biome', ['lint', '--reporter=github', '--max-diagnostics=none', '.'], {
    cwd: workspace,
    encoding: 'utf8',
  });
  findings = biome.stdout.split('\n');
});

afterAll(() => rmSync(workspace, { recursive: true }));

test.each([
  ['packages/codec/src/node.ts', 'noRestrictedImports'],
  ['packages/netlink/src/koffi.ts', 'noRestrictedImports'],
  ['packages/cni/src/node.ts', 'noRestrictedImports'],
  ['packages/cni/src/chain/process.ts', 'noRestrictedImports'],
  ['packages/cni/src/linux.ts', 'noRestrictedImports'],
  ['packages/cni/src/node/linux.ts', 'noRestrictedImports'],
  ['packages/netlink/src/cni.ts', 'noRestrictedImports'],
  ['packages/linux/src/higher.ts', 'noRestrictedImports'],
  ['packages/libbpf-ts/src/highest.ts', 'noRestrictedImports'],
  ['packages/lab/src/testkit.ts', 'noRestrictedImports'],
  ['packages/proxy/src/undeclared.ts', 'noUndeclaredDependencies'],
  ['packages/btf/src/egg.ts', 'noImportCycles'],
  ['packages/document/src/node.ts', 'noRestrictedImports'],
  ['packages/schedule/src/proxy.ts', 'noRestrictedImports'],
  ['packages/proxy/src/kubernetes.ts', 'noRestrictedImports'],
  ['examples/talker/src/knows.ts', 'noRestrictedImports'],
])('%s is refused by %s', (file, rule) => {
  expect(findingsAbout(file)).toEqual(expect.arrayContaining([expect.stringContaining(rule)]));
});

test.each([
  'packages/netlink/src/codec.ts',
  'packages/schedule/src/netlink.ts',
  'packages/cni/src/codec.ts',
  'packages/cni/src/node/index.ts',
  'packages/codec/src/node.test.ts',
  'packages/lab/src/testkit.test.ts',
])('%s is allowed', (file) => {
  expect(findingsAbout(file)).toEqual([]);
});

function findingsAbout(file: string): string[] {
  return findings.filter((line) => line.includes(`/${file},`));
}
