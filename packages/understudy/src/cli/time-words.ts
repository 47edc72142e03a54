// Times as an operator writes them: how long ago, or a moment.
import { InvalidArgumentError } from 'commander';

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `10m`, `2h`, `1d` ago, or a moment in ISO 8601; milliseconds since the epoch. */
export function momentBefore(nowMs: number): (text: string) => number {
  return (text) => {
    const ago = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text);
    if (ago) return nowMs - Number(ago[1]) * (unitMs[ago[2] ?? ''] ?? 0);
    const moment = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
    if (Number.isFinite(moment)) return moment;
    throw new InvalidArgumentError(
      'allowed: a length such as 90s, 10m, 2h or 1d, or a time such as 2026-11-24T07:00:00Z.',
    );
  };
}
