export { BIN_DIR, CONF_DIR, Containerd } from './containerd.ts';
export { type ContainerConfig, Cri, type ExecResult, type PodConfig, type PortMapping } from './cri.ts';
export type { PodIdentity } from './cri-pod.ts';
export { Kubelet, type PodContext, RunningPod } from './kubelet.ts';
export { POD_IMAGE } from './pod-image.ts';
export type { PodSpec } from './pod-spec.ts';
export { type ContainerdRelease, containerdOf } from './release.ts';
export { TestNode, type TestNodeOptions } from './test-node.ts';
