import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { inspectNode } from '@tsnctl/proxy';
import { expect, it } from 'vitest';
import { inspectCase } from '../../../proxy/test/inspect-cases.ts';
import { later } from '../../../proxy/test/later.ts';
import { plain } from '../render/colour.ts';
import { showScreen } from './screen.ts';

const ALTERNATE = { on: '\x1b[?1049h', off: '\x1b[?1049l' };
const CURSOR_ON = '\x1b[?25h';

/** A terminal of a size that keeps what is written, and whose keys are pressed by the test. */
class FakeTerminal {
  readonly stdout = Object.assign(new PassThrough(), { columns: 80, rows: 24, isTTY: true });
  readonly stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    isRaw: false,
    setRawMode(raw: boolean) {
      this.isRaw = raw;
      return this;
    },
    ref: () => undefined,
    unref: () => undefined,
  });
  #written = '';

  constructor() {
    this.stdout.on('data', (chunk) => {
      this.#written += chunk;
    });
  }

  get written(): string {
    return this.#written;
  }

  forget(): void {
    this.#written = '';
  }

  /** Wait until it was shown since `forget`. */
  async shows(text: string): Promise<void> {
    await expect.poll(() => stripVTControlCharacters(this.#written), { timeout: 30_000 }).toContain(text);
  }

  resize(columns: number, rows: number): void {
    Object.assign(this.stdout, { columns, rows });
    this.stdout.emit('resize');
  }
}

function show() {
  const terminal = new FakeTerminal();
  const snapshot = inspectNode(inspectCase('taprio'));
  let looks = 0;
  const look = () => {
    looks++;
    if (looks === 3) throw new Error('ENODEV');
    return looks === 2 ? later(snapshot, 1, ({ pods }) => void pods.pop()) : later(snapshot, looks);
  };
  const { stdout, stdin } = terminal;
  const ink = { stdout, stdin: stdin as never, interactive: true };
  return { terminal, screen: showScreen({ look, everyMs: 20, paint: plain }, ink) };
}

it.each([
  ['q', 'q'],
  ['Ctrl-C', '\x03'],
  ['Escape', '\x1b'],
])('shows the node live until %s, and leaves the terminal as it was', async (_, key) => {
  const { terminal, screen } = show();
  await terminal.shows('default/motion');
  await terminal.shows('pod veth3c4d went');
  await terminal.shows('looking failed: ENODEV');
  expect(terminal.stdin.isRaw).toBe(true);
  terminal.stdin.write(key);
  await screen.waitUntilExit();
  expect(terminal.written).toContain(ALTERNATE.on);
  expect(terminal.written.lastIndexOf(ALTERNATE.off)).toBeGreaterThan(
    terminal.written.lastIndexOf(ALTERNATE.on),
  );
  expect(terminal.written).toContain(CURSOR_ON);
  expect(terminal.stdin.isRaw).toBe(false);
});

it('pauses, and follows the size of the terminal', async () => {
  const { terminal, screen } = show();
  await terminal.shows('default/motion');
  terminal.stdin.write(' ');
  await terminal.shows('paused');
  terminal.forget();
  terminal.resize(100, 10);
  await terminal.shows('more lines');
  terminal.stdin.write('q');
  await screen.waitUntilExit();
});
