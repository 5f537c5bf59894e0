const KEPT = /^(PATH|HOME|TERM|LANG|LC_.*|NODE_.*|TSNCTL_.*)$/;

/** The variables of this process that make sense in a guest, and more. */
export function guestEnvironment(more: Record<string, string> = {}): Record<string, string> {
  const kept = Object.entries(process.env).flatMap(([name, value]) =>
    KEPT.test(name) && value !== undefined ? [[name, value]] : [],
  );
  // There, output goes to a file: what this process writes to decides.
  const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' };
  // Emulated, compiling is slow: what one process has compiled there the next one takes.
  const cache = { NODE_COMPILE_CACHE: '/tmp/tsnctl-node-compile-cache' };
  return { ...Object.fromEntries(kept), ...colour, ...cache, ...more };
}
