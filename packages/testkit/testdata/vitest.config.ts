import { mergeConfig } from 'vitest/config';
import base from '../../../vitest.config.ts';

// The files here leak on purpose: only the test of the leak check runs them.
export default (env: Parameters<typeof base>[0]) =>
  mergeConfig(base(env), { test: { include: ['leaky.ts'], reporters: ['default'] } });
