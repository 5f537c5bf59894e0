import { type Codec, mapped, rest } from '@tsnctl/codec';

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** A link-layer address as text, `02:00:00:00:00:01`; of any length, as InfiniBand and tunnels have other ones. */
export const hardwareAddress: Codec<string> = mapped(rest, format, (text, fail) => {
  if (typeof text !== 'string' || !/^[0-9a-f]{2}(:[0-9a-f]{2})*$/i.test(text)) {
    fail(`${JSON.stringify(text)} is not a hardware address, such as 02:00:00:00:00:01`);
  }
  return Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16));
});

function format(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += text === '' ? hex[byte] : `:${hex[byte]}`;
  return text;
}
