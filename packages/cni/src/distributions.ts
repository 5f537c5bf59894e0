import type { RuntimeName } from './conf-dirs.ts';

/** Where a distribution keeps its things, if the runtime's own configuration cannot be read. */
export interface Distribution {
  readonly name: string;
  readonly runtime: RuntimeName;
  /** The runtime's configuration: `confDirs()` reads it, and what it says goes before this table. */
  readonly runtimeConfig: string;
  readonly confDir: string;
  readonly binDir: string;
  /** Where these paths are said. */
  readonly source: string;
}

export const DISTRIBUTIONS: readonly Distribution[] = [
  {
    name: 'kubernetes',
    runtime: 'containerd',
    runtimeConfig: '/etc/containerd/config.toml',
    confDir: '/etc/cni/net.d',
    binDir: '/opt/cni/bin',
    source: 'containerd docs/cri/config.md',
  },
  {
    name: 'k3s',
    runtime: 'containerd',
    runtimeConfig: '/var/lib/rancher/k3s/agent/etc/containerd/config.toml',
    confDir: '/var/lib/rancher/k3s/agent/etc/cni/net.d',
    binDir: '/var/lib/rancher/k3s/data/cni', // before October 2024 .../data/current/bin: k3s#10869
    source: 'k3s docs, "Multus and IPAM plugins"',
  },
  {
    name: 'rke2',
    runtime: 'containerd',
    runtimeConfig: '/var/lib/rancher/rke2/agent/etc/containerd/config.toml',
    confDir: '/etc/cni/net.d',
    binDir: '/opt/cni/bin',
    source: 'Rancher docs, "Install Istio on RKE2 and K3s clusters"',
  },
  {
    name: 'microk8s',
    runtime: 'containerd',
    runtimeConfig: '/var/snap/microk8s/current/args/containerd.toml',
    confDir: '/var/snap/microk8s/current/args/cni-network',
    binDir: '/var/snap/microk8s/current/opt/cni/bin',
    source: 'Istio docs, "Platform-specific prerequisites", MicroK8s',
  },
  {
    name: 'gke',
    runtime: 'containerd',
    runtimeConfig: '/etc/containerd/config.toml',
    confDir: '/etc/cni/net.d',
    binDir: '/home/kubernetes/bin',
    source: 'Istio docs, "Platform-specific prerequisites", GKE',
  },
  {
    name: 'openshift',
    runtime: 'cri-o',
    runtimeConfig: '/etc/crio/crio.conf.d/00-default',
    // What multus calls. Its own file is in /etc/kubernetes/cni/net.d, and /etc/cni/multus/net.d holds further networks.
    confDir: '/run/multus/cni/net.d',
    binDir: '/var/lib/cni/bin',
    source: 'machine-config-operator#1105; Istio docs, "Platform-specific prerequisites", OpenShift',
  },
];
