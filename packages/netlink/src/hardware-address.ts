import { type Codec, mapped, rest } from '@tsnctl/codec';

/** A link-layer address as text, `02:00:00:00:00:01`; of any length, as InfiniBand and tunnels have other ones. */
export const hardwareAddress: Codec<string> = mapped(
  rest,
  (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':'),
  (text, fail) => {
    if (typeof text !== 'string' || !/^[0-9a-f]{2}(:[0-9a-f]{2})*$/i.test(text)) {
      fail(`${JSON.stringify(text)} is not a hardware address, such as 02:00:00:00:00:01`);
    }
    return Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16));
  },
);
