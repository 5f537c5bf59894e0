/** A value of `struct record` in testdata/maps.bpf.c. */
export const record = (n: number) => ({
  small: n & 0xff,
  big: (1n << 60n) + BigInt(n),
  yes: n % 2 === 1,
  name: [...`r${n}`.padEnd(6, '\0')].slice(0, 6).map((c) => c.charCodeAt(0)),
  colour: n % 3 === 0 ? 'GREEN' : 'RED',
  negative: 0 - n,
  inner: { low: n, wide: -5n },
  pair: [
    { low: 1, wide: 2n },
    { low: 3, wide: BigInt(n) },
  ],
  number: { word: n },
  three: n % 8,
  seven: 0 - (n % 60),
  rest: n,
  matrix: [
    [1, 2, 3],
    [4, 5, n],
  ],
});

/** Unions are written by one member and read as all. */
export const read = (n: number) => ({ ...record(n), number: { word: n, bytes: [n & 0xff, n >> 8, 0, 0] } });
