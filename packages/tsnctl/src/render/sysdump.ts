import type { Sysdump } from '@tsnctl/proxy';
import { renderTable } from './table.ts';

export interface WrittenSysdump {
  readonly file: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly leftOut: Sysdump['leftOut'];
}

/** Where it is, and what is not in it; `wide` lists what is. */
export function renderSysdump({ file, files, leftOut }: WrittenSysdump, wide: boolean): string {
  const listed = renderTable(
    [
      { heading: 'FILE', value: ({ path }) => path },
      { heading: 'BYTES', value: ({ bytes }) => `${bytes}`, right: true },
    ],
    files,
  );
  const missing = leftOut.map(({ path, why }) => `  ${path}: ${why.split('\n')[0]}\n`).join('');
  return [
    `${file}: ${files.length} files. Look before you send it.\n`,
    wide ? `\n${listed}` : '',
    missing === '' ? '' : `\nnot in it:\n${missing}`,
  ].join('');
}
