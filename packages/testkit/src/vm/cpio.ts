/** A file, directory or symbolic link of an archive; `data` of a directory is empty, of a link its target. */
export interface CpioEntry {
  readonly path: string;
  /** Type and permissions, as in stat(2). */
  readonly mode: number;
  readonly data: Uint8Array;
}

const S_IFREG = 0o100000; // linux/stat.h
const S_IFDIR = 0o040000;

export function file(path: string, data: Uint8Array | string, permissions = 0o755): CpioEntry {
  return { path, mode: S_IFREG | permissions, data: Buffer.from(data) };
}

export function directory(path: string): CpioEntry {
  return { path, mode: S_IFDIR | 0o755, data: new Uint8Array() };
}

/** An archive in the format "newc", which the kernel unpacks: Documentation/driver-api/early-userspace/buffer-format.rst */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const end: CpioEntry = { path: 'TRAILER!!!', mode: 0, data: new Uint8Array() };
  return Buffer.concat(
    [...entries, end].flatMap(({ path, mode, data }, index) => [
      padded(
        Buffer.from(
          `${header({ inode: index + 1, mode, size: data.length, nameSize: path.length + 1 })}${path}\0`,
        ),
      ),
      padded(data),
    ]),
  );
}

function header({
  inode,
  mode,
  size,
  nameSize,
}: {
  inode: number;
  mode: number;
  size: number;
  nameSize: number;
}) {
  // magic, then: ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
  const fields = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, nameSize, 0];
  return `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
}

function padded(data: Uint8Array): Buffer {
  return Buffer.concat([data, new Uint8Array((4 - (data.length % 4)) % 4)]);
}
