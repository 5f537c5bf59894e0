/** From the document's top: keys of maps and indices of lists. */
export type Path = readonly PropertyKey[];

/** Where something stands in a text, both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}
