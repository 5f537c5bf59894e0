export { DocumentError, type DocumentFile, type Problem } from './document-error.ts';
export type { Path, Place } from './place.ts';
export { type ReadOptions, readDocument } from './read-document.ts';
export { Source } from './source.ts';
