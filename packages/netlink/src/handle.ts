// TC_H_* in linux/pkt_sched.h
export const TC_H_ROOT = 0xffff_ffff;
export const TC_H_CLSACT = 0xffff_fff1;
export const TC_H_INGRESS_HOOK = 0xffff_fff2;
export const TC_H_EGRESS_HOOK = 0xffff_fff3;

/** A handle as tc(8) writes it: `root`, `1:`, `8001:2`. */
export function formatHandle(handle: number): string {
  const minor = handle & 0xffff;
  return names.get(handle) ?? `${(handle >>> 16).toString(16)}:${minor === 0 ? '' : minor.toString(16)}`;
}

const names = new Map([
  [0, 'none'],
  [TC_H_ROOT, 'root'],
  [TC_H_CLSACT, 'clsact'],
]);
