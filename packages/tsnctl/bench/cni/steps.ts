import { type Figure, Lab, measured, NIC, setStage, wire } from '@tsnctl/lab';
import { attachPod, attachUplink, MetadataProxy } from '@tsnctl/proxy';
import type { Part } from './part.ts';

const OTHERS = 60;
const POLICY = { allow: [1, 2, 3], remap: {}, horizonNs: 0n };

/** What an ADD is made of, in this process, on a node that has other pods. */
export const stepsPart: Part = {
  title: `the steps of an ADD, beside ${OTHERS} pods`,
  async run({ adds }, signal): Promise<Figure[]> {
    await using lab = Lab.create();
    const { node } = setStage(lab, { wirePod: () => {} });
    const pods = lab.host('pods');
    for (let other = 0; other < OTHERS; other++) wire(node, `other${other}`, pods, `eth${other}`);
    using proxy = new MetadataProxy(node.netns, { bpffs: lab.bpffs, keepMs: 3_600_000 });
    proxy.change(attachUplink(NIC, 'mono')); // with it, every pod gets a strip
    const took = { all: [] as number[], one: [] as number[], link: [] as number[], held: [] as number[] };
    const time = (to: number[], action: () => void) => {
      const start = performance.now();
      action();
      to.push(performance.now() - start);
    };
    for (let round = 0; round < adds; round++) {
      signal.throwIfAborted();
      time(took.all, () => void proxy.observe());
      const followed = `other${round % OTHERS}`;
      const one = new Set([node.index(followed)]);
      time(took.held, () => proxy.change(attachPod(followed, POLICY), undefined, one));
      time(took.one, () => proxy.change(attachPod(followed, POLICY), undefined, one));
      wire(node, `new${round}`, pods, `new${round}`);
      const fresh = new Set([node.index(`new${round}`)]);
      time(took.link, () => proxy.change(attachPod(`new${round}`, POLICY), undefined, fresh));
    }
    return [
      measured('step/look-at-all', 'ms', took.all),
      measured('step/look-at-one-twice', 'ms', took.one),
      measured('step/change-of-a-followed-pod', 'ms', took.held),
      measured('step/change-of-a-new-pod', 'ms', took.link),
    ];
  },
};
