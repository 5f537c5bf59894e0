import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';

/** Targets are inferred from the files that a project has, so no package lists them. */
export const createNodes = [
  '{package.json,bpf/package.json,packages/*/package.json,examples/*/package.json}',
  (packageFiles, _options, { workspaceRoot }) =>
    packageFiles.map((file) => [file, projectOf(file, workspaceRoot)]),
];

function projectOf(packageFile, workspaceRoot) {
  const root = join(packageFile, '..');
  const directory = join(workspaceRoot, root);
  const { name } = JSON.parse(readFileSync(join(workspaceRoot, packageFile), 'utf8'));
  const project = { root, name, directory, workspaceRoot, toRoot: relative(directory, workspaceRoot) || '.' };
  const targets = root === '.' ? workspaceTargets(project) : packageTargets(project);
  return { projects: { [root]: { name, root, targets } } };
}

// The root project type-checks and lints what no package owns: all tests, the tools, the config files.
function workspaceTargets(project) {
  const everySource = [
    '{workspaceRoot}/{packages,examples,tools,bpf}/**/*.{ts,mjs,json}',
    '{workspaceRoot}/*.{ts,json}',
  ];
  return {
    build: { ...build(project, 'tsconfig.test.json'), inputs: everySource, outputs: [] },
    lint: {
      ...run(project, 'biome check --error-on-warnings tools *.json *.ts'),
      cache: true,
      inputs: everySource,
    },
    test: { ...vitest(project, 'test', 'tools'), cache: true, inputs: everySource },
  };
}

function packageTargets(project) {
  const tests = globSync('**/*.test.ts', { cwd: project.directory, exclude: ['node_modules', 'dist'] });
  const kernelTests = tests.filter((file) => file.endsWith('.kernel.test.ts'));
  const targets = {
    lint: { ...run(project, 'biome check --error-on-warnings .'), cache: true, inputs: ['default'] },
  };
  if (existsSync(join(project.directory, 'tsconfig.json'))) targets.build = build(project, 'tsconfig.json');
  if (tests.length > kernelTests.length) {
    targets.test = { ...vitest(project, 'test'), cache: true, inputs: ['default', '^sources'] };
  }
  // Never cached and never two at once: it runs on the one real kernel.
  if (kernelTests.length > 0)
    targets.kernel = { ...vitest(project, 'kernel'), cache: false, parallelism: false };
  return targets;
}

function build(project, config) {
  return {
    ...run(project, `tsc -b ${config}`),
    cache: true,
    inputs: ['sources', '^sources'],
    outputs: ['{projectRoot}/dist'],
    dependsOn: referencedProjects(project, config).map((name) => ({ projects: [name], target: 'build' })),
  };
}

// From the references and not from "^build": a package and the testkit that its tests use would wait for each other.
function referencedProjects({ directory }, config) {
  const { references = [] } = JSON.parse(readFileSync(join(directory, config), 'utf8'));
  return references.map(
    ({ path }) => JSON.parse(readFileSync(resolve(directory, path, 'package.json'), 'utf8')).name,
  );
}

function vitest(project, target, folder = '.') {
  const report = `reports/${project.root === '.' ? 'tools' : basename(project.root)}-${target}.json`;
  const config = join(project.toRoot, 'vitest.config.ts');
  return run(project, `vitest run --root . --dir ${folder} --config ${config} --mode ${target}`, {
    outputs: [`{workspaceRoot}/${report}`],
    env: { TSNCTL_REPORT: join(project.workspaceRoot, report) },
  });
}

function run({ root }, command, { env = {}, ...rest } = {}) {
  return { executor: 'nx:run-commands', options: { cwd: root, command, env }, ...rest };
}
