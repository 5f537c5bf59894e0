import { readdirSync, readFileSync } from 'node:fs';

/** What a lab of this process has left: namespaces, directories, mounts, processes; empty when all is gone. */
export function remainsOf(pid: number): string[] {
  const mark = `tsnctl-lab-${pid}-`;
  const named = (directory: string) =>
    list(directory)
      .filter((name) => name.startsWith(mark))
      .map((name) => `${directory}/${name}`);
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(mark))
    .map((line) => `mount ${line.split(' ')[1]}`);
  return [...named('/run/netns'), ...named('/run'), ...mounts, ...processesOf(mark)];
}

/** The lab's talkers carry its name in their environment. */
function processesOf(mark: string): string[] {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => read(`/proc/${pid}/environ`).includes(mark))
    .map((pid) => `process ${pid}: ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`);
}

/** Settings of this namespace that a lab sets in its own. */
export function sysctls(): Record<string, string> {
  const names = [
    'net/ipv4/ip_forward',
    'net/ipv4/conf/all/rp_filter',
    'net/ipv6/conf/all/forwarding',
    'net/ipv6/conf/default/accept_dad',
    'net/core/default_qdisc',
    'net/core/bpf_jit_enable',
  ];
  return Object.fromEntries(names.map((name) => [name, read(`/proc/sys/${name}`).trim()]));
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // /run/netns is there only while somebody needs it
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process has ended meanwhile
  }
}
