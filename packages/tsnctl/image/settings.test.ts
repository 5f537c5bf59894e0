import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkIntegrity } from './locked-modules.ts';
import { COMMANDS, ENTRYPOINT, ENVIRONMENT, IMAGE_NAME, NODE_FLAGS } from './settings.ts';

it('the image starts Node with the flags and settings of bin/tsnctl, which needs a shell', () => {
  const script = readFileSync(new URL('../bundle/tsnctl.sh', import.meta.url), 'utf8');
  const always = /^flags=(.*)$/m.exec(script)?.[1];
  const agent = /^\tflags="\$flags (.*)"$/m.exec(script)?.[1];
  expect(NODE_FLAGS.join(' ')).toBe(`${always} ${agent}`);
  for (const command of Object.values(COMMANDS)) expect(command).toContain(`/bin/node ${always}\n`);
  const settings = [...script.matchAll(/^\texport (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
  expect(Object.fromEntries(settings)).toEqual({ MALLOC_ARENA_MAX: ENVIRONMENT.MALLOC_ARENA_MAX });
  expect(ENTRYPOINT.at(-1)).toBe('/opt/tsnctl/lib/main.js');
});

it('the manifests name this image', () => {
  const manifests = readFileSync(new URL('../../../deploy/deploy.yaml', import.meta.url), 'utf8');
  expect(manifests).toContain(`image: ${IMAGE_NAME}:`);
});

it('a package that is not what the lock says is refused', () => {
  const hello = 'sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=';
  checkIntegrity('greeting@1', Buffer.from('hello'), hello);
  expect(() => checkIntegrity('greeting@1', Buffer.from('hallo'), hello)).toThrow(
    'greeting@1 is not what package-lock.json says: sha256-03UdM/nNUEnErytGJzVFfk07rxMLy7h/OJ40n7rrILk=',
  );
});
