// Log lines and the output of remote commands as text: the machine's name in front when there are several.
import type { LogLine } from '../../operate/index.ts';
import { paint } from '../../terminal/index.ts';

/** For lines of these machines. */
export function logLineRenderer(machines: readonly { readonly label: string }[]): (line: LogLine) => string {
  const before = machinePrefix(machines);
  return ({ machine, time, text }) =>
    text
      .split('\n')
      .map((line) => `${before(machine)}${paint.dim(time)} ${line}`)
      .join('\n');
}

/** `demo-search-1  `, as wide as the longest label; empty when there is one machine. */
export function machinePrefix(machines: readonly { readonly label: string }[]): (label: string) => string {
  if (machines.length === 1) return () => '';
  const width = Math.max(...machines.map(({ label }) => label.length));
  return (label) => `${paint.cyan(label.padEnd(width))}  `;
}
