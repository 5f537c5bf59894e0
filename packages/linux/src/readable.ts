import koffi from 'koffi';

/**
 * Call back whenever a descriptor has something to read, on this thread's event loop, until disposed. The
 * descriptor stays its owner's: dispose this first. koffi's `node.poll` is libuv's own uv_poll; it is not in
 * koffi's documentation, so it is used here alone, with koffi's version pinned.
 */
export function whenReadable(fd: number, callback: () => void): Disposable {
  const handle = koffi.node.poll(fd, { readable: true }, callback);
  return {
    [Symbol.dispose]() {
      handle.stop();
      handle.close();
    },
  };
}
