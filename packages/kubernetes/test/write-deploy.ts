import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { deployFiles, top } from './deploy-files.ts';

rmSync(new URL('deploy/kustomize', top), { recursive: true, force: true });
for (const [path, text] of Object.entries(deployFiles())) {
  const file = new URL(path, top);
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, text);
  console.log(path);
}
