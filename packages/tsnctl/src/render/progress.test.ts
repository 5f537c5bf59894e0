import { describe, expect, it } from 'vitest';
import { Progress } from './progress.ts';

function stream(terminal: { isTTY: boolean; columns?: number }) {
  const written: string[] = [];
  const write = (text: string) => written.push(text) > 0;
  return { written, stream: { ...terminal, write } as unknown as NodeJS.WriteStream };
}

describe('Progress', () => {
  it('is a line for each part where nobody watches', () => {
    const { written, stream: file } = stream({ isTTY: false });
    const progress = new Progress(file, 2);
    progress.next('one');
    progress.next('two');
    progress.clear();
    expect(written.join('')).toBe('[1/2] one\n[2/2] two\n');
  });

  it('is one line that is rewritten on a terminal, and never wraps', () => {
    const { written, stream: terminal } = stream({ isTTY: true, columns: 10 });
    const progress = new Progress(terminal, 2);
    progress.next('one');
    progress.next('two three');
    progress.clear();
    expect(written.join('')).toBe('\r\x1b[K[1/2] one\r\x1b[K[2/2] two\r\x1b[K');
  });
});
