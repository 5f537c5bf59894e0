import { describe, expect, it } from 'vitest';
import { redact } from './redact.ts';

describe('redact takes out', () => {
  it.each([
    ['JSON', '{"k8s_auth_token": "abc.def", "mtu": 1500}', '{"k8s_auth_token": "(left out)", "mtu": 1500}'],
    [
      'an escaped quote',
      String.raw`{"password": "a\"b", "name": "x"}`,
      '{"password": "(left out)", "name": "x"}',
    ],
    [
      'JSON in a string',
      String.raw`{"text": "{\"token\": \"abc\"}"}`,
      String.raw`{"text": "{\"token\": \"(left out)\"}"}`,
    ],
    ['YAML', 'user:\n  client-key-data: LS0t\n  name: x', 'user:\n  client-key-data: (left out)\n  name: x'],
    ['a list of YAML', '- token: abc', '- token: (left out)'],
    ['arguments', 'ExecStart=x --api-key=abc --mtu=9', 'ExecStart=x --api-key=(left out) --mtu=9'],
    ['a header', 'Authorization: Bearer abcdefgh.ijk', 'Authorization: (left out)'],
    ['a bearer in a line', 'asked with bearer abcdefghijk, refused', 'asked with bearer (left out), refused'],
    ['a JWT', 'got eyJhbGciOi.eyJpc3MiOi.sig-nature', 'got (left out: JWT)'],
    ['a URL', 'proxy http://me:pw@host:80/x', 'proxy http://(left out)@host:80/x'],
    [
      'PEM',
      'a\n-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nb',
      'a\n(left out: PEM)\nb',
    ],
    ['PEM cut short', '-----BEGIN CERTIFICATE-----\nMII', '(left out: PEM)'],
  ])('%s', (_, text, expected) => {
    expect(redact(text)).toBe(expected);
    expect(redact(redact(text))).toBe(expected);
  });
});

it('keeps what is no secret', () => {
  const text = '{"type":"tsnctl","grant":{"priorities":"1-6"},"keys":3}\nuplinks: [eth1]\nsaved 12, denied 3';
  expect(redact(text)).toBe(text);
});
