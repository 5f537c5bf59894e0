import { NetlinkSocket, NetNs } from '@tsnctl/linux';
import { addLink, getLink, type LinkSpec, setLink } from '@tsnctl/netlink';

let made = 0;

/** A namespace of a test's own, with a socket into it; gone when disposed. */
export interface TestNamespace extends Disposable {
  readonly name: string;
  readonly netns: NetNs;
  readonly socket: NetlinkSocket;
  /** Make a link and set it up; its index. */
  add(spec: LinkSpec): number;
}

/** Named tsnctl-test-PID-N, so that the leak check knows it and another process's is left alone. */
export function testNamespace(): TestNamespace {
  const name = `tsnctl-test-${process.pid}-${made++}`;
  const resources = new DisposableStack();
  const netns = resources.adopt(NetNs.create(name), (ns) => {
    ns[Symbol.dispose]();
    NetNs.remove(name);
  });
  const socket = resources.use(NetlinkSocket.open({ netns }));
  return {
    name,
    netns,
    socket,
    add(spec) {
      socket.request(addLink(spec));
      const [link] = socket.request(getLink({ name: spec.name }));
      const index = link?.index ?? 0;
      socket.request(setLink({ index, up: true }));
      return index;
    },
    [Symbol.dispose]: () => resources.dispose(),
  };
}
