import { TsnctlError } from '@tsnctl/codec';
import { duration, parseQuantity, rate } from '../units.ts';

/** The words of a command, one after the other. What does not fit is refused with its place. */
export class Words {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  get done(): boolean {
    return this.#at >= this.#words.length;
  }

  peek(): string | undefined {
    return this.#words[this.#at];
  }

  next(what: string): string {
    const word = this.#words[this.#at];
    if (word === undefined) throw this.refuse(`${what} is missing at the end`);
    this.#at++;
    return word;
  }

  /** A word of these, or nothing. */
  take<T extends string>(...options: readonly T[]): T | undefined {
    const word = this.peek();
    const found = options.find((option) => option === word);
    if (found !== undefined) this.#at++;
    return found;
  }

  integer(what: string, radix: 10 | 16 = 10): bigint {
    const word = this.next(what);
    const text = radix === 16 ? word.replace(/^0x/i, '') : word;
    const fits = radix === 16 ? /^[0-9a-f]{1,8}$/i : /^-?(?:\d{1,20}|0x[0-9a-f]{1,16})$/i;
    if (!fits.test(text)) throw this.refuse(`"${word}" is not ${what}`);
    return radix === 16 ? BigInt(`0x${text}`) : BigInt(text);
  }

  number(what: string, radix: 10 | 16 = 10): number {
    return Number(this.integer(what, radix));
  }

  /** As many numbers as follow. */
  numbers(): number[] {
    const found: number[] = [];
    while (/^\d+$/.test(this.peek() ?? '')) found.push(this.number('a number'));
    return found;
  }

  /** With a unit, or in `bare`. */
  time(what: string, bare: bigint): bigint {
    const word = this.next(what);
    if (/^-?\d+$/.test(word)) return BigInt(word) * bare;
    const found = parseQuantity(
      duration,
      word.replace(/(sec|secs)$/, (unit) => (unit ? 's' : unit)),
    );
    if (found === undefined) throw this.refuse(`"${word}" is not ${what}`);
    return found;
  }

  /** In bytes a second: tc(8) has `bps` for these and `bit` for bits. */
  bytesPerSecond(what: string): bigint {
    const word = this.next(what);
    const [, count, prefix = ''] = /^(\d{1,20})(|[kmgt])bps$/i.exec(word) ?? [];
    if (count !== undefined) return BigInt(count) * (FACTORS[prefix.toLowerCase()] ?? 1n);
    const bits = /^\d+$/.test(word) ? BigInt(word) : parseQuantity(rate, word);
    if (bits === undefined) throw this.refuse(`"${word}" is not ${what}`);
    return bits / 8n;
  }

  /** The word before the place where it stopped is what is refused. */
  refuse(message: string): TsnctlError {
    const before = this.#words.slice(Math.max(0, this.#at - 3), this.#at).join(' ');
    return new TsnctlError(
      'TC_COMMAND',
      `tc command, word ${Math.max(1, this.#at)}, after "${before}": ${message}`,
      {
        hint: 'a command as tc qdisc takes it: tc qdisc replace dev eth1 root handle 100: taprio num_tc 3 map ...',
      },
    );
  }
}

const FACTORS: Record<string, bigint> = { k: 1000n, m: 1_000_000n, g: 1_000_000_000n, t: 1_000_000_000_000n };
