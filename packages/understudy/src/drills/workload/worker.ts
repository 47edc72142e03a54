// The workload's own process: started by `startWorkload` with a run folder as its argument, told to stop over IPC. It ends by
// itself when its parent is gone, so that a killed tool leaves no load behind.
import { readFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../ground/index.ts';
import { AppendFile } from '../history/append-file.ts';
import type { RunPlan } from '../history/records.ts';
import { rawFiles } from '../history/run-folder.ts';
import { loadCorpus } from './corpus.ts';
import { Generator } from './generator.ts';
import type { FromWorker } from './messages.ts';
import { httpWire } from './wire.ts';

const statsEveryMs = 200;

/** Wall clock at the start, then monotonic: a step of the system's time must not bend a latency. */
function steadyClock(): Clock {
  const offsetMs = Date.now() - performance.now();
  return {
    now: () => offsetMs + performance.now(),
    monotonicMs: () => performance.now(),
    sleep: async (ms) => {
      await sleep(ms);
    },
  };
}

async function main(directory: string): Promise<void> {
  try {
    // The load must keep its schedule while the machines it tests are starting on the same host.
    setPriority(-10);
  } catch {
    // Not permitted; lag is measured either way.
  }
  const plan = JSON.parse(await readFile(join(directory, rawFiles.plan), 'utf8')) as RunPlan;
  const [intents, outcomes, corpus] = await Promise.all([
    AppendFile.open(join(directory, rawFiles.intents)),
    AppendFile.open(join(directory, rawFiles.outcomes)),
    loadCorpus(5_000),
  ]);
  const wire = httpWire();
  const generator = new Generator({
    plan: plan.workload,
    steady: plan.steady,
    corpus,
    clock: steadyClock(),
    wire,
    intents,
    outcomes,
  });
  // The only message there is.
  process.on('message', () => generator.stop());
  process.on('disconnect', () => generator.stop());
  const ticking = setInterval(() => tell({ kind: 'stats', stats: generator.stats() }), statsEveryMs);
  await generator.run();
  clearInterval(ticking);
  await Promise.all([intents.close(), outcomes.close(), wire.close()]);
  tell({ kind: 'ended' });
  if (process.connected) process.disconnect();
}

function tell(message: FromWorker): void {
  // A broken channel is followed by 'disconnect'.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}

await main(process.argv[2] ?? '.');
