import { systemCall } from './libc.ts';

const SOL_SOCKET = 1;
const SO_PEERCRED = 17; // asm-generic/socket.h

const getsockopt = systemCall(
  'int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ uint32_t *length)',
);

/** Who is at the other end of a unix stream socket: as it was when it connected. unix(7), SO_PEERCRED */
export function peerCredentials(fd: number): { pid: number; uid: number; gid: number } {
  const ucred = new Int32Array(3); // struct ucred in linux/socket.h
  getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ucred, [ucred.byteLength]);
  const [pid = 0, uid = 0, gid = 0] = ucred;
  return { pid, uid: uid >>> 0, gid: gid >>> 0 };
}
