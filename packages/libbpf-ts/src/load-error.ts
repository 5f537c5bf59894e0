import { SystemError } from '@tsnctl/linux';

const [EPERM, EAGAIN] = [1, 11]; // asm-generic/errno-base.h

/**
 * Why an object was not loaded: first a sentence with program, verdict and source line, then, as `cause`, the whole
 * log. `errno` is positive.
 */
export function loadError(name: string, errno: number, log: string): SystemError {
  if (errno === EAGAIN) return interrupted(name, log);
  const verdict = verdictOf(log);
  if (errno === EPERM && verdict === undefined) {
    return new SystemError('bpf', errno, {
      message: `${name} was not loaded: this process may not use BPF`,
      hint: 'as root, or with the capabilities BPF, NET_ADMIN and PERFMON',
      cause: log,
    });
  }
  return new SystemError('bpf', errno, {
    message: `${name} was not loaded: ${verdict ?? firstLine(log)}`,
    ...(verdict && { hint: "the verifier's whole log is in the error's cause" }),
    cause: log,
  });
}

/** Of PROG_LOAD, EAGAIN says one thing: a signal came while the verifier was at it. */
export function interrupted(name: string, log?: string): SystemError {
  return new SystemError('bpf', EAGAIN, {
    message: `${name} was not loaded: signals interrupted the verifier each time`,
    hint: 'without the profiler or timer that signals this process, or with a longer interval: node --cpu-prof --cpu-prof-interval 100000',
    ...(log !== undefined && { cause: log }),
  });
}

/** What libbpf said first, without its name. */
export function firstLine(log: string): string {
  return log.split('\n')[0]?.replace(/^libbpf: /, '') || 'no reason was given';
}

/** `program reads_past: R1 offset is outside of the packet, at "return data[4];"` */
function verdictOf(log: string): string | undefined {
  const lines = log.split('\n');
  const end = lines.findIndex((line) => line.startsWith('processed '));
  const verdict = end > 0 ? lines[end - 1] : undefined;
  if (verdict === undefined) return undefined;
  const program = /^libbpf: prog '([^']+)': -- BEGIN PROG LOAD LOG/m.exec(log)?.[1];
  const source = lines.slice(0, end).findLast((line) => line.startsWith('; '));
  const line = source
    ?.slice(2)
    .replace(/ @ \S+:\d+$/, '')
    .trim();
  const at = / @ (\S+:\d+)$/.exec(source ?? '')?.[1];
  const where = [line && `at "${line}"`, at && `in ${at}`].filter(Boolean).join(' ');
  return [program && `program ${program}: `, verdict, where && `, ${where}`].filter(Boolean).join('');
}
