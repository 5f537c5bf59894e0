import type { Path } from './path.ts';
import { ptp } from './ptp.ts';

/** What the application sends as one is cut before it leaves the pod, each segment carries for itself. */
export const podSegments: Path = {
  ...ptp,
  name: 'segments-pod',
  title: 'point-to-point veth, GSO cut in the pod',
  usedBy: ['any with offloads off in the pod'],
  segmented: true,
  lay(stage) {
    const target = ptp.lay(stage);
    stage.pod.run(['ip', 'link', 'set', 'dev', 'eth0', 'gso_max_segs', '1']);
    return target;
  },
};
