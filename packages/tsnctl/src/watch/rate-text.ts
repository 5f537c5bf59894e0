/** A rate that fits a column: `0.5`, `12`, `950`, `1.2k`, `34M`. Nothing is `·`. */
export function rateText(rate: number): string {
  if (rate <= 0) return '·';
  if (rate < 10) return `${Number(rate.toFixed(1))}`;
  for (const [size, unit] of UNITS) {
    if (rate < size * 999.5) {
      const value = rate / size;
      return `${value < 9.95 && size > 1 ? value.toFixed(1) : Math.round(value)}${unit}`;
    }
  }
  return `${Math.round(rate / 1e9)}G`;
}

const UNITS = [
  [1, ''],
  [1e3, 'k'],
  [1e6, 'M'],
  [1e9, 'G'],
] as const;
