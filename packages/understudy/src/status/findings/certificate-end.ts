// How soon the end of a certificate is said: a month before as a notice, a week before as a finding. The same for listeners and machines.
import type { View } from '../finding.ts';

const dayMs = 86_400_000;
const noticeDays = 30;
export const degradedDays = 7;

/** Days until the certificate ends, below 0 when it has; undefined while that is more than a month away. */
export function daysLeft({ observation }: View, end: Date): number | undefined {
  const days = (end.getTime() - Date.parse(observation.at)) / dayMs;
  return days < noticeDays ? days : undefined;
}

/** Those that end within a week are findings, the others notices. */
export function isFinding({ daysLeft: days }: { readonly daysLeft: number }): boolean {
  return days < degradedDays;
}
