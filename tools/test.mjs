import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const reports = join(root, 'reports');
const skipIsFailure = process.env.TSNCTL_NO_SKIP === '1';

process.exitCode = runEverything();

function runEverything() {
  rmSync(reports, { recursive: true, force: true }); // nx restores those of cached tasks
  const tasksOk = runTasks();
  const total = addUp(readReports());
  for (const { name, reason } of total.skipped) console.log(`skipped: ${name}${reason && ` (${reason})`}`);
  if (total.skipped.length > 0 && skipIsFailure) console.log('TSNCTL_NO_SKIP=1: a skipped test is a failure');
  if (!tasksOk) console.log('a task failed: nx names it above');
  console.log(`tests: ${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped`);
  return tasksOk && total.failed === 0 && !(skipIsFailure && total.skipped.length > 0) ? 0 : 1;
}

function runTasks() {
  const args = ['run-many', '-t', 'lint', 'build', 'test', 'kernel', '--outputStyle=static'];
  // nx makes its tasks colour their output even where nobody sees it.
  const env = process.stdout.isTTY ? process.env : { ...process.env, FORCE_COLOR: '0' };
  const { status } = spawnSync('nx', args, { cwd: root, stdio: 'inherit', env });
  return status === 0;
}

function readReports() {
  if (!existsSync(reports)) return [];
  return globSync('*.json', { cwd: reports }).map((file) =>
    JSON.parse(readFileSync(join(reports, file), 'utf8')),
  );
}

function addUp(all) {
  const total = { passed: 0, failed: 0, skipped: [] };
  for (const { passed, failed, skipped } of all) {
    total.passed += passed;
    total.failed += failed;
    total.skipped.push(...skipped);
  }
  return total;
}
