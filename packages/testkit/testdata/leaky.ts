import { openSync } from 'node:fs';
import { useLeakCheck } from '@tsnctl/testkit';
import { it } from 'vitest';

useLeakCheck();

it('passes, and leaves a file open', () => {
  openSync('/etc/passwd', 'r');
});
