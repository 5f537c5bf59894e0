import { wire } from '@tsnctl/lab';
import { addBpfFilter, addQdisc, deleteLink } from '@tsnctl/netlink';
import type { NodeSnapshot } from '@tsnctl/proxy';
import { BpfLink } from 'libbpf-ts';
import { describe, expect, it } from 'vitest';
import { nodeSnapshotSchema } from '../../proxy/src/inspect/schema.ts';
import { StageAgent } from '../test/agent.ts';
import { clearingProgram, idleProgram } from '../test/foreign.ts';
import { DONE, useStage } from '../test/use-stage.ts';

const stage = useStage({ inProcess: true });

describe('tsnctl inspect', () => {
  it('shows programs in order, pods with policy and counters, uplinks with qdiscs', async () => {
    await attach();
    const { code, stdout, stderr } = await stage().run('inspect');
    expect({ code, stderr }).toEqual(DONE);
    expect(masked(stdout)).toBe(`network namespace NODE, kernel KERNEL, by tcx
all is as wanted

PROGRAMS, in the order in which they run
INTERFACE  HOOK     #  BY   PROGRAM   OWNER ID
nic0       egress   1  tcx  restorer  tsnctl N
pod0       ingress  1  tcx  saver     tsnctl N
pod1       ingress  1  tcx  strip     tsnctl N
nic1       ingress  1  tcx  strip     tsnctl N

PODS
INTERFACE  STATE     MODE  MAY USE
pod0       carried   host  priorities 3,5-6
pod1       stripped
nic1       stripped

UPLINK nic0
restorer      attached
launch times  not given: no qdisc here wants them

QDISC    HANDLE  PARENT  PACKETS  BYTES  DROPS  WAITING
noqueue  none    root          0      0      0        0
`);
    const snapshot = await json('inspect');
    expect(nodeSnapshotSchema.parse(snapshot)).toEqual(snapshot);
    expect(snapshot.pods[0]?.counters).toMatchObject({ saved: '0', forged: '0' });
  });

  it('names drift with its cause: a program ahead of ours, one taken off, a clock, a pod that came, one that went', async () => {
    await attach('mono');
    const { node, pod, linkPath } = { ...stage(), linkPath: stage().linkPath.bind(stage()) };
    using foreign = clearingProgram();
    using _ = foreign.attachTcx({
      ifindex: node.index('nic0'),
      direction: 'egress',
      position: 'first',
      netns: node.netns,
    });
    using saver = BpfLink.pinned(linkPath('pod0', 'ingress'));
    saver.detach();
    node.request(deleteLink({ index: node.index('pod1') }));
    wire(node, 'late', pod, 'eth2');
    const { code, stdout } = await stage().run('inspect');
    expect(code).toBe(3);
    expect(masked(stdout)).toContain(`drift: 5 things are not as wanted

PROGRAMS, in the order in which they run
INTERFACE  HOOK     #  BY   PROGRAM   OWNER ID
nic0       egress   1  tcx  clearing  other N
           egress   2  tcx  restorer  tsnctl N
nic1       ingress  1  tcx  strip     tsnctl N
`);
    expect(masked(stdout.slice(stdout.indexOf('DRIFT')))).toBe(`DRIFT
gone: the pin PINS/links/NODE-N-ingress is left over
    cause  the interface is gone; its pod has ended
    mend   tsnctl attach uplink nic0 --netns NODE: every change removes it, the agent within seconds
missing: saver is not on pod0 ingress
    cause  its link N was detached by something else; the pin is still there
    mend   tsnctl attach pod pod0 --allow 3,5-6 --netns NODE
unguarded: late has no strip: what its pod makes up is believed at the uplinks
    cause  the interface came after the last change, and no agent has followed it
    mend   tsnctl attach uplink nic0 --netns NODE; or tsnctl agent, which follows new pods
not-first: restorer is not the first on nic0 egress
    cause  clearing (program N, link N) was attached ahead of it, and sees the packets as the pod made them
    mend   tsnctl attach uplink nic0 --clock mono --netns NODE
clock: nic0 gives launch times in CLOCK_MONOTONIC, and no qdisc there reads any
    cause  the qdisc was changed after the uplink was attached, or --clock named another: it has noqueue
    mend   tsnctl attach uplink nic0 --clock none --netns NODE; or the former qdisc
`);
    for (const [, mend = ''] of [...stdout.matchAll(/mend {3}tsnctl (attach [^:;\n]*)/g)])
      expect(await stage().run(mend)).toMatchObject({ code: 0 });
    expect((await json('inspect')).drift).toEqual([]);
  });

  it('shows filters behind tcx programs, with the priority that orders them', async () => {
    await attach();
    const { node } = stage();
    const index = node.index('nic0');
    node.request(addQdisc({ index, kind: 'clsact' }));
    using foreign = idleProgram('policer');
    node.request(
      addBpfFilter({
        index,
        hook: 'egress',
        priority: 7,
        progFd: foreign.fd,
        name: 'cni',
        directAction: true,
      }),
    );
    const { code, stdout } = await stage().run('inspect uplink nic0');
    expect(code).toBe(0);
    expect(masked(stdout)).toContain(`
INTERFACE  HOOK    #  BY      PROGRAM   OWNER ID
nic0       egress  1  tcx     restorer  tsnctl N
           egress  2  clsact  policer   other N
`);
    const { hooks } = await json('inspect uplink nic0');
    expect(hooks[0]?.programs[1]).toMatchObject({
      owner: 'other',
      role: null,
      linkId: null,
      filter: { kind: 'bpf', name: 'cni', priority: 7 },
    });
  });

  it('sees programs inside a pod, and filters of ours', async () => {
    expect(await stage().run('attach uplink nic0 --hook clsact')).toMatchObject({ code: 0 });
    expect(await stage().run('attach pod pod0 --allow 3 --mode pod')).toMatchObject({ code: 0 });
    const { code, stdout } = await stage().run('inspect pod pod0');
    expect(code).toBe(0);
    expect(masked(stdout)).toContain(`by clsact
all is as wanted

POD pod0
state      carried: what its policy grants reaches the uplinks
interface  pod0 (veth, index N)
mode       pod: the priority is read inside the pod
may use    priority 3
`);
    expect(masked(stdout)).toContain(`
INTERFACE  HOOK     #  BY      PROGRAM    OWNER ID
pod0       ingress  1  clsact  gate       tsnctl N
           inside   1  clsact  pod_saver  tsnctl N
`);
  });

  it('knows pods by the names that the runtime told', async () => {
    await using agent = disposable(new StageAgent(stage()));
    await agent.startHere({ uplinks: [{ name: 'nic0', clock: 'none' }] });
    await agent.call('ADD', { annotations: { 'tsnctl.dev/priorities': '3,9' } });
    const inspect = (line: string) => stage().run(`${line} --state ${agent.state}`);
    const { code, stdout } = await inspect('inspect pod web');
    expect(code).toBe(0);
    expect(masked(stdout)).toContain(`POD default/web
state        carried: what its policy grants reaches the uplinks
interface    pod0 (veth, index N, eth0 in the pod)
mode         host: the priority is read off the socket
may use      priority 3
not granted  priority 9
container    web
network      pods
`);
    await stage().run('attach pod pod0 --allow 5');
    const changed = await inspect('inspect');
    expect(changed.code).toBe(3);
    expect(changed.stdout).toContain(
      'policy: pod0 may use priority 5, where priority 3 is recorded\n    cause  the policy was changed by hand',
    );
  });

  it.each([
    ['inspect pod web', 'there is no pod or host side "web" on this node. Try: one of pod0, pod1, nic1'],
    ['inspect pod nic0', 'nic0 is an uplink, not the host side of a pod. Try: tsnctl inspect uplink nic0'],
    ['inspect uplink pod0', "pod0 is the host side of a pod's interface. Try: tsnctl inspect pod pod0"],
    [
      'inspect uplink eth7',
      'there is no interface eth7 in this namespace. Try: one of nic0; or another namespace: --netns NAME',
    ],
  ])('refuses %s', async (line, message) => {
    await attach();
    await stage().expectRefusal(line, {}, 1, message);
  });

  it.each([
    ['inspect --interval 5s', '--interval is for --watch. Try: tsnctl inspect --watch'],
    ['inspect --count 5', '--count is for --watch. Try: tsnctl inspect --watch'],
    [
      'inspect --watch --interval 5m',
      '"5m" is not an interval. Try: a number and a unit, from 100ms to 3600s: 500ms, 5s',
    ],
    [
      'inspect --watch --interval 1ms',
      '"1ms" is not an interval. Try: a number and a unit, from 100ms to 3600s: 500ms, 5s',
    ],
    ['inspect --watch --count 0', '"0" is not a number of looks. Try: --count 10'],
    ['inspect --watch -o yaml', '--watch has no -o yaml. Try: -o json, for one snapshot a line; or none'],
  ])('refuses the command line %s', async (line, message) => {
    await stage().expectRefusal(line, {}, 2, message);
  });

  it('watches by lines where there is no terminal, and by one JSON object a line', async () => {
    await attach('mono');
    const lines = await stage().run('inspect --watch --count 2 --interval 100ms');
    expect({ ...lines, stdout: lines.stdout.replaceAll(/^\S+ /gm, '') }).toEqual({
      code: 3,
      stderr: '',
      stdout:
        'node pods=3 carried=1 uplinks=1 attached=1 drift=1\n' +
        'event drift: nic0 gives launch times in CLOCK_MONOTONIC, and no qdisc there reads any\n',
    });
    const { code, stdout } = await stage().run('inspect pod pod0 --watch --count 2 --interval 100ms -o json');
    const snapshots = stdout
      .trimEnd()
      .split('\n')
      .map((line) => nodeSnapshotSchema.parse(JSON.parse(line)));
    expect({ code, pods: snapshots.map(({ pods }) => pods.map((pod) => pod.interface)) }).toEqual({
      code: 0,
      pods: [['pod0'], ['pod0']],
    });
  });

  it('ends without a complaint when nobody reads any more', async () => {
    const wrap = ['sh', '-c', '"$@" | head -n 1', 'sh'];
    const { code, stdout, stderr } = await stage().run('inspect --watch --interval 100ms -o json', { wrap });
    expect({ code, stderr }).toEqual(DONE);
    expect(nodeSnapshotSchema.parse(JSON.parse(stdout)).pods).toHaveLength(4);
  });

  it('shows without privileges what can be seen, and says what cannot', async () => {
    const { code, stdout, stderr } = await stage().run(`inspect --netns /proc/self/ns/net`, {
      wrap: ['setpriv', '--reuid=65534', '--clear-groups', '--bounding-set=-all', '--inh-caps=-all', '--'],
    });
    expect({ code, stderr }).toEqual(DONE);
    expect(stdout).toContain('not all could be seen\n');
    expect(stdout).toContain('what of ours is attached, policies and counters: ');
    expect(stdout).toContain(
      '    mend   sudo tsnctl inspect; or with CAP_BPF, CAP_NET_ADMIN and CAP_SYS_ADMIN\n',
    );
  });
});

async function attach(clock = 'none'): Promise<void> {
  expect(await stage().run(`attach uplink nic0 --clock ${clock}`)).toMatchObject(DONE);
  expect(await stage().run('attach pod pod0 --allow 3,5-6')).toMatchObject(DONE);
}

async function json(line: string): Promise<NodeSnapshot> {
  return JSON.parse((await stage().run(`${line} -o json`)).stdout);
}

/** Without what differs from run to run. */
function masked(text: string): string {
  return text
    .replaceAll(stage().node.name, 'NODE')
    .replaceAll(`${stage().node.netns.cookie}-`, 'NODE-')
    .replace(/kernel \S+,/, 'kernel KERNEL,')
    .replaceAll(/\S+\/tsnctl\/v1/g, 'PINS')
    .replaceAll(/\b(link|program|index) \d+/g, '$1 N')
    .replaceAll(/NODE-\d+/g, 'NODE-N')
    .replaceAll(/ +ID$/gm, ' ID')
    .replaceAll(/\b(tsnctl|other) +\d+$/gm, '$1 N');
}

function disposable(agent: StageAgent): StageAgent & AsyncDisposable {
  return Object.assign(agent, { [Symbol.asyncDispose]: async () => void (await agent.stop()) });
}
