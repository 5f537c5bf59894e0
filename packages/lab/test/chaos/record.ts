import { appendFileSync } from 'node:fs';

/** What one row of the suite came to. */
export type ChaosRow =
  | {
      readonly what: 'kill';
      readonly name: string;
      /** Moments at which a process was killed. */
      readonly points: number;
      readonly packets: number;
    }
  | {
      readonly what: 'disk';
      readonly name: string;
      /** `is full`, `is read-only` */
      readonly fault: string;
      readonly points: number;
      readonly packets: number;
    }
  | {
      readonly what: 'fault';
      readonly name: string;
      readonly packets: number;
      readonly missing: number;
      /** Packets without a part of what they asked for. */
      readonly bare: number;
      /** Packets with their own word, which nothing had restored. */
      readonly ownWords: number;
      readonly mendedMs: number;
      /** The agent said why, until it was taken away. */
      readonly said: boolean;
      /** What the fault itself takes from traffic. */
      readonly takes?: 'packets' | 'restorer';
    };

/** Keep it, where a run is recorded: TSNCTL_CHAOS_RECORD names the file, a line each. */
export function recordRow(row: ChaosRow): void {
  const file = process.env.TSNCTL_CHAOS_RECORD;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(row)}\n`);
}
