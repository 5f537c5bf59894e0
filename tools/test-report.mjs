import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A vitest reporter: writes {passed, failed, skipped: [{name, reason}]} to TSNCTL_REPORT, for tools/test.mjs to add up. */
export default class TestReport {
  onTestRunEnd(modules, unhandledErrors) {
    const file = process.env.TSNCTL_REPORT;
    if (!file) return;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(summarize(modules, unhandledErrors), null, 2)}\n`);
  }
}

function summarize(modules, unhandledErrors) {
  const report = { passed: 0, failed: unhandledErrors.length, skipped: [] };
  for (const module of modules) {
    const failedBefore = report.failed;
    for (const test of module.children.allTests()) count(report, module, test);
    // A file that fails to load, or a failed beforeAll, fails no test of its own: it counts as one.
    if (module.state() === 'failed' && report.failed === failedBefore) report.failed++;
  }
  return report;
}

function count(report, module, test) {
  const { state, note } = test.result();
  if (state === 'passed') report.passed++;
  else if (state === 'failed') report.failed++;
  else
    report.skipped.push({ name: `${relative(root, module.moduleId)}: ${test.fullName}`, reason: note ?? '' });
}
