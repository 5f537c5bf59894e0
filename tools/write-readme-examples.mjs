// npm run docs:examples
// Put the examples into the READMEs of the libraries: a block that begins with `// examples/NAME.ts` is that file.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Packages whose README has examples. */
export const PACKAGES = ['btf', 'libbpf-ts'];

/** A README with each example as its file is now. */
export function withExamples(name) {
  const folder = join(root, 'packages', name);
  const text = readFileSync(join(folder, 'README.md'), 'utf8');
  return text.replace(/```ts\n\/\/ (examples\/[\w-]+\.ts)\n[\s\S]*?```/g, (_, file) => {
    const code = readFileSync(join(folder, file), 'utf8');
    return `\`\`\`ts\n// ${file}\n${code}\`\`\``;
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const name of PACKAGES) writeFileSync(join(root, 'packages', name, 'README.md'), withExamples(name));
}
