import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * A process that has a BPF program open, by the program's id; nothing where none is seen from here, as of another PID
 * namespace.
 */
export function holderOf(programId: number, proc = '/proc'): number | undefined {
  const line = new RegExp(`^prog_id:\\s*${programId}$`, 'm');
  const pid = entries(proc).find((pid) =>
    entries(`${proc}/${pid}/fd`).some((fd) => {
      if (read(() => readlinkSync(`${proc}/${pid}/fd/${fd}`)) !== 'anon_inode:bpf-prog') return false;
      return line.test(read(() => readFileSync(`${proc}/${pid}/fdinfo/${fd}`, 'utf8')));
    }),
  );
  return pid === undefined ? undefined : Number(pid);
}

/** Processes in /proc, descriptors in a process. */
function entries(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => /^\d+$/.test(name));
  } catch {
    return []; // it has ended meanwhile, or is not ours to look at
  }
}

function read(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}
