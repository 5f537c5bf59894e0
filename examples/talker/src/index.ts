export type { RecordClock, TalkerRecord } from './record.ts';
export { decodeRecord, encodeRecord, recordBytes, recordMagic } from './record.ts';
