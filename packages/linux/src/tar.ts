/** A file, a directory, or a symbolic link. */
export type TarEntry = { path: string; mode?: number } & (
  | { content: Uint8Array }
  | { linkTo: string }
  | { directory: true }
);

const BLOCK = 512;

/** Files as a tar archive in the format ustar (POSIX.1-1988); all of them root's, of the year 1970. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const end = Buffer.alloc(2 * BLOCK);
  return Buffer.concat([...entries.flatMap(encodeEntry), end]);
}

function encodeEntry(entry: TarEntry): Buffer[] {
  const content = 'content' in entry ? entry.content : new Uint8Array();
  const padding = Buffer.alloc((BLOCK - (content.byteLength % BLOCK)) % BLOCK);
  return [header(entry, content.byteLength), Buffer.from(content), padding];
}

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const text = (offset: number, room: number, value: string) => {
    if (value.length > room) throw new RangeError(`too long for a tar header: ${value}`);
    block.write(value, offset, 'latin1');
  };
  const octal = (offset: number, digits: number, value: number) =>
    text(offset, digits, value.toString(8).padStart(digits, '0'));
  const isDirectory = 'directory' in entry;
  text(0, 100, entry.path);
  octal(100, 7, entry.mode ?? (isDirectory ? 0o755 : 0o644));
  octal(108, 7, 0); // uid
  octal(116, 7, 0); // gid
  octal(124, 11, size);
  octal(136, 11, 0); // mtime
  text(148, 8, ' '.repeat(8)); // the checksum counts as blanks while it is made
  text(156, 1, isDirectory ? '5' : 'linkTo' in entry ? '2' : '0');
  text(157, 100, 'linkTo' in entry ? entry.linkTo : '');
  text(257, 8, 'ustar\x0000');
  octal(
    148,
    6,
    block.reduce((sum, byte) => sum + byte, 0),
  );
  block.write('\0 ', 154, 'latin1');
  return block;
}
