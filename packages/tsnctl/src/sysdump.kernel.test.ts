import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../test/cli.ts';
import { DONE, useStage } from '../test/use-stage.ts';

const stage = useStage({ inProcess: true });

function extract(file: string, path: string): string {
  return spawnSync('tar', ['-xzOf', file, path], { encoding: 'utf8' }).stdout;
}

it('bundles what a bug report needs, and no secret', async () => {
  const { directory } = stage().lab;
  const confDir = join(directory, 'net.d');
  mkdirSync(confDir);
  writeFileSync(join(confDir, '10-x.conflist'), '{"name":"pods","k8s_auth_token":"hunter2","plugins":[]}');
  writeFileSync(join(confDir, '20-y.conf'), 'password: hunter3\n{ broken');
  mkdirSync(join(confDir, 'pods'));
  writeFileSync(join(confDir, 'pods/99-z.conf'), '{"type":"tuning"}');
  writeFileSync(join(confDir, 'pods/kubeconfig'), 'hunter4');
  expect(await stage().run('attach uplink nic0 --clock mono')).toMatchObject(DONE);
  const file = join(directory, 'dump.tar.gz');
  const { code, stdout, stderr } = await stage().run(`sysdump -f ${file} --conf-dir ${confDir} -o json`);
  expect({ code, stderr }).toEqual(DONE);
  const { files, leftOut } = JSON.parse(stdout);
  const paths = [...files, ...leftOut].map(({ path }) => path);
  expect(paths).toContain('config.yaml');
  expect(files.map(({ path }: { path: string }) => path)).toEqual(
    expect.arrayContaining([
      'versions.json',
      'inspect.txt',
      'doctor.json',
      'links.json',
      'cni.json',
      'os-release',
    ]),
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(extract(file, 'dump/inspect.txt')).toContain('no qdisc there reads any');
  expect(JSON.parse(extract(file, 'dump/inspect.json'))).toMatchObject({ kind: 'NodeSnapshot', drift: [{}] });
  expect(JSON.parse(extract(file, 'dump/cni.json')).files).toEqual([
    { name: '10-x.conflist', text: '{"name":"pods","k8s_auth_token":"(left out)","plugins":[]}' },
    { name: '20-y.conf', text: 'password: (left out)\n{ broken' },
    { name: 'pods/99-z.conf', text: '{"type":"tuning"}' },
  ]);
  expect(spawnSync('sh', ['-c', `tar -xzOf ${file} | grep -c hunter`], { encoding: 'utf8' }).stdout).toBe(
    '0\n',
  );
  const taken = `cannot write ${file}: EEXIST: file already exists. Try: --file /tmp/NAME.tar.gz, a name that is not taken`;
  await stage().expectRefusal(`sysdump -f ${file} --conf-dir ${confDir}`, {}, 1, taken);
  await stage().expectRefusal(
    `sysdump -f ${directory}/nowhere/x.tgz --conf-dir ${confDir}`,
    {},
    1,
    `cannot write ${directory}/nowhere/x.tgz: ENOENT: no such file or directory. Try: --file /tmp/NAME.tar.gz, a name that is not taken`,
  );
});

it('has the journal of an install', async () => {
  const { bpffs, directory } = stage().lab;
  const journal = '/var/lib/tsnctl/journal';
  const line = '{"end":1,"how":"done"}';
  const prepare = `mount -t tmpfs tmpfs /var/lib; mkdir -p ${journal}; echo '${line}' > ${journal}/journal.jsonl`;
  const file = join(directory, 'dump.tar.gz');
  expect(await runCli(['sysdump', '-f', file], { bpffs, prepare })).toMatchObject(DONE);
  expect(extract(file, 'dump/install-journal.txt')).toBe(`${line}\n`);
});
