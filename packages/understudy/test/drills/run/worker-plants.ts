// Loaded into the load generator's process by --import, before its own code: a disk whose fsync stalls and a report channel that
// holds its messages back, each while a file beside the run folder says until when (milliseconds on the monotonic clock).
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@understudy/foundation';
import { slowDatasync } from './slow-datasync.ts';

const runFolder = process.argv[2];

/** Resolves when no file of that name asks for a delay any more. */
async function held(name: string): Promise<void> {
  for (;;) {
    const leftMs = untilMs(name) - systemClock.monotonicMs();
    if (!(leftMs > 0)) return;
    await sleep(Math.min(leftMs, 10_000));
  }
}

function untilMs(name: string): number {
  try {
    return Number(readFileSync(join(dirname(runFolder ?? ''), name), 'utf8'));
  } catch {
    return 0;
  }
}

if (runFolder !== undefined && process.send) {
  await slowDatasync(() => held('slow-disk'));
  const send = process.send.bind(process) as (...words: unknown[]) => boolean;
  let queue: Promise<unknown> = Promise.resolve();
  process.send = ((...words: unknown[]) => {
    queue = queue.then(() => held('slow-channel')).then(() => send(...words));
    return true;
  }) as typeof process.send;
}
