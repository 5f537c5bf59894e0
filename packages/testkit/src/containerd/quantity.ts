const FACTORS: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** A quantity of Kubernetes as a number: `20m` is 0.02, `256Mi` is 268435456. */
export function quantity(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(text) ?? [];
  const factor = FACTORS[unit];
  if (digits === undefined || factor === undefined) throw new TypeError(`"${text}" is no quantity`);
  return unit === 'm' ? Number(digits) / 1000 : Number(digits) * factor;
}
