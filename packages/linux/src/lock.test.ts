import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useLeakCheck } from '@tsnctl/testkit';
import { afterAll, expect, it } from 'vitest';
import { lock } from './lock.ts';

useLeakCheck();

const directory = mkdtempSync(join(tmpdir(), 'tsnctl-lock-'));
afterAll(() => rmSync(directory, { recursive: true }));

const locked = expect.objectContaining({
  code: 'LOCKED',
  message: `another tsnctl is changing ${directory}`,
  hint: `again when it is done; fuser -v ${directory} shows who it is`,
});

it('a second holder is refused until the first lets go', () => {
  {
    using _ = lock(directory);
    expect(() => lock(directory)).toThrow(locked);
  }
  lock(directory)[Symbol.dispose]();
});

it('a process that is killed lets go', async () => {
  const script = `import('${import.meta.resolve('./lock.ts')}').then(({ lock }) => {
    globalThis.held = lock('${directory}');
    console.log('held');
    setInterval(() => {}, 1000);
  })`;
  const node = ['-C', '@tsnctl/source', '--disable-warning=ExperimentalWarning', '-e', script];
  const holder = spawn(process.execPath, node, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  expect(() => lock(directory)).toThrow(locked);
  holder.kill('SIGKILL');
  await once(holder, 'close');
  lock(directory)[Symbol.dispose]();
});

it('a child does not inherit it', async () => {
  const held = lock(directory);
  const child = spawn('sleep', ['10'], { stdio: 'ignore' });
  await once(child, 'spawn');
  held[Symbol.dispose]();
  lock(directory)[Symbol.dispose]();
  child.kill();
  await once(child, 'exit');
});

it('what does not exist cannot be locked', () => {
  expect(() => lock(join(directory, 'nothing'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});
