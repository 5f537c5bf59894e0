export { DocumentError, type DocumentFile, type Problem } from './document-error.ts';
export { type ReadOptions, readDocument } from './read-document.ts';
export { type Path, type Place, Source } from './source.ts';
