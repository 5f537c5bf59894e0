export { execPlugin } from './exec.ts';
export { processIo } from './io.ts';
