import { release } from 'node:os';

/** [major, minor] of the running kernel, `[6, 12]`; `[0, 0]` of a text that is no release. Equivalent to: uname -r */
export function kernelVersion(text: string = release()): [number, number] {
  const match = /^(\d{1,5})\.(\d{1,5})/.exec(text);
  return match ? [Number(match[1]), Number(match[2])] : [0, 0];
}

/** Whether the running kernel is at least `major.minor`. */
export function kernelAtLeast(major: number, minor: number, text: string = release()): boolean {
  const [a, b] = kernelVersion(text);
  return a > major || (a === major && b >= minor);
}
