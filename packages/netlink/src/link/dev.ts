/** How ip(8) and tc(8) spell a device by its index. */
export function dev(index: number): string {
  return `if${index}`;
}
