import { TsnctlError } from '@tsnctl/codec';
import { isErrno, lock } from '@tsnctl/linux';

/** One agent for each state directory. @throws TsnctlError AGENT_RUNS */
export function lockState(directory: string): Disposable {
  try {
    return lock(directory);
  } catch (cause) {
    if (!isErrno(cause, 'LOCKED')) throw cause;
    throw new TsnctlError('AGENT_RUNS', `another agent keeps its records in ${directory}`, {
      hint: 'stop that one first; or --state and --socket of your own',
      cause,
    });
  }
}
