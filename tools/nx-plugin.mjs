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
  // Which tests compare with each other.
  const documents = ['{workspaceRoot}/README.md', '{workspaceRoot}/.ci/**/*'];
  return {
    build: { ...build(project, 'tsconfig.test.json'), inputs: everySource, outputs: [] },
    lint: {
      ...run(project, 'biome check --error-on-warnings tools *.json *.ts'),
      cache: true,
      inputs: everySource,
    },
    test: { ...vitest(project, 'test', 'tools'), cache: true, inputs: [...everySource, ...documents] },
  };
}

function packageTargets(project) {
  // Those of virtual machines, faults and of the image, run in none of these targets: npm run test:vm, test:chaos, test:image.
  const tests = globSync('**/*.test.ts', {
    cwd: project.directory,
    exclude: ['node_modules', 'dist'],
  }).filter((file) => !/\.(vm|qemu|chaos|image)\.test\.ts$/.test(file));
  const kernelTests = tests.filter((file) => file.endsWith('.kernel.test.ts'));
  const targets = {
    lint: { ...run(project, 'biome check --error-on-warnings .'), cache: true, inputs: ['default'] },
  };
  if (existsSync(join(project.directory, 'tsconfig.json'))) targets.build = build(project, 'tsconfig.json');
  if (tests.length > kernelTests.length) {
    // Documents that a test compares with what they are made of: nx.namedInputs in the project's package.json.
    const inputs = ['default', '^sources', 'documents'];
    targets.test = { ...vitest(project, 'test'), cache: true, inputs };
  }
  if (existsSync(join(project.directory, 'client/build.mjs'))) {
    targets.client = client(project);
    targets.build.dependsOn.push('client');
    targets.test.dependsOn = ['client']; // which brings the compilers
  }
  if (existsSync(join(project.directory, 'bundle/build.mjs'))) targets.bundle = bundle(project);
  // Never cached: it runs on the one real kernel. Where a test wants that for itself, with no other task.
  if (kernelTests.length > 0) {
    const parallelism = !kernelTests.some((file) => file.endsWith('.alone.kernel.test.ts'));
    const dependsOn = [...clients(project), ...(targets.bundle ? ['bundle'] : [])];
    targets.kernel = { ...vitest(project, 'kernel'), cache: false, parallelism, dependsOn };
  }
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

// A program in C that belongs to a package: built with it, by a script of its own.
function client(project) {
  return {
    ...run(project, 'node client/build.mjs'),
    cache: true,
    inputs: ['{projectRoot}/client/**/*', 'shared'],
    outputs: ['{projectRoot}/client/dist'],
  };
}

// What is copied to a node: the sources in a few files, with the programs and native modules that they need.
function bundle(project) {
  return {
    ...run(project, 'node bundle/build.mjs'),
    cache: true,
    inputs: ['sources', '^sources'],
    outputs: ['{projectRoot}/dist/bundle'],
    dependsOn: clients(project),
  };
}

// Programs of the packages that this one is made of: its tests run them.
function clients({ directory }) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const built = dependencies['@tsnctl/cni'] ? ['@tsnctl/cni'] : [];
  return built.map((name) => ({ projects: [name], target: 'client' }));
}

// From the references and not from "^build": a package and the testkit that its tests use would wait for each other.
function referencedProjects({ directory }, config) {
  const { references = [] } = JSON.parse(readFileSync(join(directory, config), 'utf8'));
  const packages = references.filter(({ path }) => !path.endsWith('.json')); // the others are parts of this one
  return packages.map(
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
