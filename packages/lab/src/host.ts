import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { TsnctlError } from '@tsnctl/codec';
import { NetlinkSocket, NetNs } from '@tsnctl/linux';
import {
  addAddress,
  addLink,
  addRoute,
  getLink,
  type LinkSpec,
  type NetlinkRequest,
  setLink,
} from '@tsnctl/netlink';

/** One host of a lab: a network namespace with what it takes to furnish it. */
export class Host implements Disposable {
  /** The namespace's name, as `ip netns` shows it. */
  readonly name: string;
  readonly netns: NetNs;
  readonly #socket: NetlinkSocket;

  private constructor(name: string, netns: NetNs, socket: NetlinkSocket) {
    this.name = name;
    this.netns = netns;
    this.#socket = socket;
  }

  static create(name: string): Host {
    const netns = NetNs.create(name);
    const host = new Host(name, netns, NetlinkSocket.open({ netns }));
    host.sysctl('net/ipv6/conf/default/accept_dad', '0'); // addresses that nobody else can have; it takes seconds
    host.up('lo');
    return host;
  }

  request<Reply>(request: NetlinkRequest<Reply>): Reply[] {
    return this.#socket.request(request);
  }

  /** Equivalent to: ip link add ... */
  add(spec: LinkSpec): void {
    this.request(addLink(spec));
    this.up(spec.name);
  }

  /** The index of an interface of this host. */
  index(name: string): number {
    const [link] = this.request(getLink({ name }));
    if (!link) throw new TsnctlError('NO_INTERFACE', `${this.name} has no interface ${name}`);
    return link.index;
  }

  up(name: string, up = true): void {
    this.request(setLink({ index: this.index(name), up }));
  }

  /** Equivalent to: ip link set dev NAME mtu MTU */
  setMtu(name: string, mtu: number): void {
    this.request(setLink({ index: this.index(name), mtu }));
  }

  /** The hardware address of an interface. */
  hardwareAddress(name: string): string {
    return this.request(getLink({ name }))[0]?.address ?? '';
  }

  /** Give an interface to another host, which loses its addresses, under another name. */
  move(name: string, to: Host, newName: string): void {
    this.request(setLink({ index: this.index(name), name: newName, netnsFd: to.netns.fd }));
    to.up(newName);
  }

  /** Make an interface a port of a bridge. Equivalent to: ip link set NAME master BRIDGE */
  enslave(name: string, bridge: string): void {
    this.request(setLink({ index: this.index(name), master: this.index(bridge) }));
  }

  /** Give an interface its addresses: `198.18.0.1/24`, `2001:db8::1/64`. */
  address(name: string, ...addresses: string[]): void {
    for (const address of addresses) {
      this.request(addAddress({ index: this.index(name), address, noDad: true }));
    }
  }

  /** Route prefixes through a gateway or straight out of a device. */
  route(destination: string, hop: { via?: string; dev?: string }): void {
    this.request(
      addRoute({
        destination,
        family: destination.includes(':') || hop.via?.includes(':') ? 6 : 4,
        ...(hop.via === undefined ? {} : { via: hop.via }),
        ...(hop.dev === undefined ? {} : { index: this.index(hop.dev) }),
      }),
    );
  }

  /** Forward packets between this host's interfaces, as a node does. */
  forward(): void {
    this.sysctl('net/ipv4/ip_forward', '1');
    this.sysctl('net/ipv6/conf/all/forwarding', '1');
  }

  /** Set a sysctl of this namespace. */
  sysctl(path: string, value: string): void {
    this.netns.run(() => writeFileSync(`/proc/sys/${path}`, value));
  }

  /** Whether this kernel has a sysctl: some come with a module. */
  hasSysctl(path: string): boolean {
    return this.netns.run(() => existsSync(`/proc/sys/${path}`));
  }

  /** Load nftables rules. */
  nft(rules: string): void {
    const { status, why } = this.#run(['nft', '-f', '-'], rules);
    if (status === 0) return;
    throw new TsnctlError('NFT', `nft refused the lab's rules: ${why}`, {
      hint: 'apt-get install nftables, and a kernel with nf_tables and NAT',
    });
  }

  /** Run a program in this namespace, for what has no request of ours. Returns what it prints. */
  run(command: readonly string[], input = ''): string {
    const { status, stdout, why } = this.#run(command, input);
    if (status === 0) return stdout;
    throw new TsnctlError('PROGRAM', `${command.join(' ')}: ${why}`, {
      hint: 'the system packages that the lab needs: tools/system-packages.json',
    });
  }

  #run([program = '', ...args]: readonly string[], input: string) {
    const ended = this.netns.run(() => spawnSync(program, args, { input, encoding: 'utf8' }));
    const why = ended.stderr?.trim() || ended.error?.message || `exit code ${ended.status}`;
    return { status: ended.status, stdout: ended.stdout ?? '', why };
  }

  /** Start a program in this namespace. */
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    return this.netns.run(() => spawn(command, args, options));
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
    this.netns[Symbol.dispose]();
    NetNs.remove(this.name);
  }
}
