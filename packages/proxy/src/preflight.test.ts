import { describe, expect, it } from 'vitest';
import { requireKernel } from './preflight.ts';

describe('requireKernel', () => {
  it.each(['5.18.0', '6.1.0-28-amd64', '6.10.14', '6.18.44-fc-v669', '7.2-amd64'])('takes %s', (kernel) => {
    expect(() => requireKernel(kernel)).not.toThrow();
  });

  it.each([
    ['5.17.9', 'is too old: it keeps no delivery time while forwarding'],
    ['4.19.0-27-amd64', 'is too old: it keeps no delivery time while forwarding'],
  ])('refuses %s', (kernel, why) => {
    expect(() => requireKernel(kernel)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', message: `kernel ${kernel} ${why}` }),
    );
  });
});
