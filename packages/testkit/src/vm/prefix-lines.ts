/** Takes pieces of output and hands on whole lines with a prefix; `end` hands on what has no end of line. */
export function prefixLines(prefix: string, write: (text: string) => void) {
  const decoder = new TextDecoder();
  let rest = '';
  return {
    take(data: Uint8Array): void {
      const lines = (rest + decoder.decode(data, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) write(`${prefix}${line}\n`);
    },
    end(): void {
      if (rest !== '') write(`${prefix}${rest}\n`);
      rest = '';
    },
  };
}
