// Results of runs, kept in a file so that a long table can be measured in pieces.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Figures } from './analysis.ts';
import type { ContenderName } from './contenders.ts';

export interface RunResult {
  readonly drill: string;
  readonly client: ContenderName;
  readonly round: number;
  readonly figures: Figures;
}

/** JSON has no Infinity: a figure that never came is kept as this text. */
const never = 'never';

export function readResults(file: string): RunResult[] {
  if (!existsSync(file)) return [];
  return JSON.parse(readFileSync(file, 'utf8'), (_, value: unknown) =>
    value === never ? Infinity : value,
  ) as RunResult[];
}

/** Adds results; one of the same drill, client and round is replaced. */
export function saveResults(file: string, results: readonly RunResult[]): void {
  const key = ({ drill, client, round }: RunResult): string => `${drill} ${client} ${round}`;
  const all = new Map([...readResults(file), ...results].map((result) => [key(result), result]));
  writeFileSync(file, `${toJson([...all.values()])}\n`);
}

export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (one === Infinity ? never : one), 2);
}
