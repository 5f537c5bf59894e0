/** Something that was looked at: what was seen, or why nothing could be seen. */
export type Fact<T> = { readonly seen: T } | { readonly unseen: string };

/** What `look` returns, or why it could not. */
export function see<T>(look: () => T): Fact<T> {
  try {
    return { seen: look() };
  } catch (error) {
    return { unseen: error instanceof Error ? error.message : String(error) };
  }
}

/** What was seen; undefined where nothing was. */
export function seen<T>(fact: Fact<T>): T | undefined {
  return 'seen' in fact ? fact.seen : undefined;
}
