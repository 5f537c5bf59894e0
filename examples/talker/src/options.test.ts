import { expect, it } from 'vitest';
import { parseOptions, UsageError } from './options.ts';

const words = (line: string) => line.split(' ').filter((word) => word !== '');
const send = 'send --to 10.1.0.2 --port 7000 --proto udp --flow 7 --count 5';
const serve = 'serve --port 7000 --proto udp';

it('reads send, with its defaults', () => {
  expect(parseOptions(words(send))).toEqual({
    command: 'send',
    to: '10.1.0.2',
    port: 7000,
    protocol: 'udp',
    flow: 7,
    count: 5,
    intervalUs: 1000,
    waitReply: false,
  });
});

it('reads every flag of send', () => {
  const flags = '--priority 3 --txtime mono --lead-ms 20 --interval-us 250 --wait-reply --device eth0';
  expect(parseOptions(words(`${send} ${flags}`))).toMatchObject({
    priority: 3,
    txtime: { clock: 'mono', leadMs: 20 },
    intervalUs: 250,
    waitReply: true,
    device: 'eth0',
  });
});

it('reads serve, with its defaults', () => {
  expect(parseOptions(words(serve))).toEqual({
    command: 'serve',
    bind: '::',
    port: 7000,
    protocol: 'udp',
    flow: 0,
    timeoutS: 60,
  });
});

it('reads every flag of serve', () => {
  const flags = '--bind 0.0.0.0 --priority 15 --txtime tai --flow 4294967295 --timeout-s 5';
  expect(parseOptions(words(`${serve} ${flags}`))).toMatchObject({
    bind: '0.0.0.0',
    priority: 15,
    txtime: { clock: 'tai', leadMs: 100 },
    flow: 4294967295,
    timeoutS: 5,
  });
});

it('asks for priority 0 only where it is said', () => {
  expect(parseOptions(words(send))).not.toHaveProperty('priority');
  expect(parseOptions(words(`${send} --priority 0`))).toHaveProperty('priority', 0);
});

it('waits for replies over TCP', () => {
  expect(parseOptions(words(send.replace('udp', 'tcp')))).toHaveProperty('waitReply', true);
});

it.each([
  ['', 'no command'],
  ['listen', 'unknown command listen'],
  [send.replace('--to 10.1.0.2', ''), '--to is missing'],
  [send.replace('--flow 7', ''), '--flow is missing'],
  [send.replace('--count 5', ''), '--count is missing'],
  ['serve --proto udp', '--port is missing'],
  ['serve --port 7000', '--proto is missing'],
  ['serve --port 7000 --proto sctp', '--proto sctp: must be udp or tcp'],
  [`${send} --port 65536`, '--port 65536: must be a number from 1 to 65535'],
  [`${send} --count 0`, '--count 0: must be a number from 1 to 4294967295'],
  [`${send} --flow 4294967296`, '--flow 4294967296: must be a number from 0 to 4294967295'],
  [`${send} --flow 0x10`, '--flow 0x10: must be a number from 0 to 4294967295'],
  [`${send} --priority 16`, '--priority 16: must be a number from 0 to 15'],
  [`${send} --priority=-1`, '--priority -1: must be a number from 0 to 15'],
  [`${send} --txtime utc`, '--txtime utc: must be mono or tai'],
  [`${send} --lead-ms 5`, '--lead-ms needs --txtime'],
  [`${serve} --proto tcp --txtime mono`, '--txtime needs --proto udp: TCP has no launch time per packet'],
  [`${serve} --count 3`, "Unknown option '--count'"],
])('refuses %s', (line, message) => {
  const parse = () => parseOptions(words(line));
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(message);
});
