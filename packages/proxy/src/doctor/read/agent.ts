import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { isErrno } from '@tsnctl/linux';
import type { Fact } from '../fact.ts';

const PATIENCE_MS = 2_000;

/** Whether somebody listens at the agent's socket. Nothing is asked. */
export function readAgent(path: string): Promise<Fact<'answers' | 'silent' | 'absent'>> {
  return new Promise((resolve) => {
    if (!existsSync(path)) return resolve({ seen: 'absent' });
    const socket = connect(path);
    const end = (fact: Fact<'answers' | 'silent' | 'absent'>) => {
      socket.destroy();
      resolve(fact);
    };
    socket.setTimeout(PATIENCE_MS, () => end({ seen: 'silent' }));
    socket.on('connect', () => end({ seen: 'answers' }));
    socket.on('error', (error) =>
      end(isErrno(error, 'ECONNREFUSED', 'ENOENT') ? { seen: 'silent' } : { unseen: error.message }),
    );
  });
}
