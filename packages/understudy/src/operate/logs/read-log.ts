// Reads one log over SSH as it comes.
import { finished } from 'node:stream/promises';
import type { RemoteTarget } from '../../machines/index.ts';
import type { World } from '../../observe/index.ts';
import { UnderstudyError } from '@understudy/foundation';
import { lineWriter, tail } from '../lines.ts';
import type { LogLine } from './log-line.ts';
import type { LogExtent, LogSource } from './log-sources.ts';

/**
 * Calls `take` with each line; resolves when the command on the machine ends. Errors: those of `RemoteRunner.stream`;
 * `operate-log-unreadable` with what the command said.
 */
export async function readLog(
  { runner }: Pick<World, 'runner'>,
  target: RemoteTarget,
  { argv, parser }: LogSource,
  extent: LogExtent,
  take: (line: LogLine) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const parse = parser();
  const stdout = lineWriter((text) => {
    const line = parse(text);
    if (line !== undefined) take(line);
  });
  const stderr = tail();
  const words = argv(extent);
  const code = await runner.stream(target, words, { stdout, stderr: stderr.writer, ...(signal ? { signal } : {}) });
  stdout.end();
  await finished(stdout);
  if (code === 0) return;
  throw new UnderstudyError(
    'operate-log-unreadable',
    `${target.label}: ${words[0] ?? 'the command'} ended with ${code}: ${stderr.text() || 'no output'}`,
    { facts: { label: target.label, code } },
  );
}
