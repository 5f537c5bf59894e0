import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { requires } from '@tsnctl/testkit';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { deployFiles, top } from '../../test/deploy-files.ts';

const files = deployFiles();

it('what is checked in is what the functions make: npm run deploy:render makes it anew', () => {
  const there = globSync('deploy/**/*.yaml', { cwd: top.pathname });
  expect(there.toSorted()).toEqual(Object.keys(files).toSorted());
  for (const [path, text] of Object.entries(files)) {
    expect(readFileSync(new URL(path, top), 'utf8'), path).toBe(text);
  }
});

it('kubectl kustomize makes the same objects of the base', (ctx) => {
  requires(ctx, { programs: ['kubectl'] });
  const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', 'deploy/kustomize'], {
    cwd: top.pathname,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(objectsOf(stdout)).toEqual(objectsOf(files['deploy/deploy.yaml'] ?? ''));
});

/** By kind and name; kustomize has an order of its own. */
function objectsOf(text: string): Record<string, unknown> {
  return Object.fromEntries(
    parseAllDocuments(text).map((document) => {
      const object = document.toJS();
      return [`${object.kind}/${object.metadata.name}`, object];
    }),
  );
}
