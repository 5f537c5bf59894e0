import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requires } from '@tsnctl/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONF_DIR, FileNode } from '../../test/install-node.ts';
import { checkNode } from './check-node.ts';
import type { DesiredNode } from './model.ts';

let node: FileNode;
beforeEach(() => {
  node = new FileNode();
});
afterEach(() => node[Symbol.dispose]());

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

function refusals(over: Partial<DesiredNode> = {}): Refusal[] {
  const { node: _, ...withoutNode } = node.desired('1.0.0');
  return checkNode({ root: node.root }, { ...withoutNode, ...over }).map(({ code, message, hint }) => ({
    code,
    message,
    hint,
  }));
}

describe('what keeps a node from being installed', () => {
  it('is nothing, where all is there', () => {
    expect(refusals()).toEqual([]);
  });

  it('a runtime whose directory is not there', () => {
    rmSync(join(node.root, CONF_DIR), { recursive: true });
    expect(refusals()).toEqual([
      {
        code: 'NO_CONF_DIR',
        message: `there is no directory ${CONF_DIR}`,
        hint: "--conf-dir DIR, as the runtime's configuration has it; --chain never leaves the runtime alone",
      },
    ]);
  });

  it.each([
    ['that is too old', '#!/bin/sh\necho v20.20.2\n', 'is v20.20.2'],
    ['that is none', '#!/bin/sh\necho 5.2.15\n', 'is no Node: to --version it says "5.2.15"'],
    ['that cannot be run', '#!/not/there\n', 'cannot be run: spawnSync '],
  ])('a Node %s', (_, text, what) => {
    const program = join(node.root, 'node');
    node.write('/node', text, 0o755);
    const [refusal, ...others] = refusals({ node: { link: '/node' } });
    expect(others).toEqual([]);
    expect(refusal).toMatchObject({
      code: 'UNSUPPORTED',
      hint: 'without --node, the Node that runs this command is copied; or --node PATH of a newer one',
    });
    expect(refusal?.message).toMatch(new RegExp(`^${program} ${what}.*; Node 24 or newer is needed$`));
  });

  it('too little room', () => {
    const desired = node.desired();
    const [file] = desired.bundle.files;
    if (!file) throw new Error('an empty bundle');
    const files = [{ ...file, size: 2 ** 52 }];
    expect(refusals({ bundle: { ...desired.bundle, files } })).toEqual([
      {
        code: 'NO_SPACE',
        message: expect.stringMatching(/ has \d+ MB left; \/opt\/tsnctl needs \d{10} MB$/),
        hint: 'make room; --node PATH does with 130 MB less',
      },
    ]);
  });

  it('a directory that may not be written to', (ctx) => {
    requires(ctx, { root: true });
    const at = join(node.root, 'opt/cni/bin');
    chmodSync(at, 0o555);
    const program = `
      const { checkNode } = await import(${JSON.stringify(new URL('check-node.ts', import.meta.url).href)});
      const { FileNode } = await import(${JSON.stringify(new URL('../../test/install-node.ts', import.meta.url).href)});
      const node = FileNode.open(${JSON.stringify(node.directory)}, {});
      const found = checkNode({ root: node.root }, node.desired('1.0.0', { node: undefined }));
      console.log(JSON.stringify(found.map(({ code, message, hint }) => ({ code, message, hint }))));`;
    const drop = ['--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all'];
    const run = [process.execPath, '-C', '@tsnctl/source', '--input-type=module', '-e', program];
    const out = execFileSync('setpriv', [...drop, ...run], { encoding: 'utf8' });
    expect(JSON.parse(out)).toEqual([
      { code: 'EACCES', message: `${at} cannot be written to (EACCES)`, hint: 'sudo tsnctl ...' },
    ]);
  });

  it('a file system that is read-only', (ctx) => {
    requires(ctx, { root: true });
    const at = join(node.root, 'opt/cni/bin');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=64k', 'tmpfs', at]);
    try {
      expect(refusals()).toEqual([
        {
          code: 'EROFS',
          message: `${at} cannot be written to (EROFS)`,
          hint: 'remount it writable; --bin-dir DIR for the plugin',
        },
      ]);
    } finally {
      execFileSync('umount', [at]);
    }
  });

  it('all of it is told at once', () => {
    rmSync(join(node.root, CONF_DIR), { recursive: true });
    writeFileSync(join(node.root, 'node'), '');
    expect(refusals({ node: { link: '/node' } }).map(({ code }) => code)).toEqual([
      'UNSUPPORTED',
      'NO_CONF_DIR',
    ]);
  });
});
