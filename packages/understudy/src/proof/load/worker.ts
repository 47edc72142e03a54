// The workload's own process: started by `startWorkload` with a run folder as its argument, told to stop over IPC. It ends by
// itself when its parent is gone, so that a killed tool leaves no load behind.
import { readFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@understudy/foundation';
import { AppendFile } from '../history/append-file.ts';
import type { RunPlan } from '../history/records.ts';
import { rawFiles } from '../history/run-folder.ts';
import { runClock } from '../run-clock.ts';
import { loadCorpus } from './corpus.ts';
import { Generator } from './generator.ts';
import { statsEveryMs } from './live-state.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { httpWire } from './wire.ts';

/** Undefined when the parent is gone before it says anything. */
async function started(): Promise<Extract<ToWorker, { kind: 'start' }> | undefined> {
  return await new Promise((resolve) => {
    process.once('disconnect', () => resolve(undefined));
    process.once('message', (message: ToWorker) => resolve(message.kind === 'start' ? message : undefined));
  });
}

async function main(directory: string): Promise<void> {
  const start = await started();
  if (!start) return;
  const credential = start.credential ?? undefined;
  try {
    // The load must keep its schedule while the machines it tests are starting on the same host.
    setPriority(-10);
  } catch {
    // Not permitted; lag is measured either way.
  }
  const plan = JSON.parse(await readFile(join(directory, rawFiles.plan), 'utf8')) as RunPlan;
  const [plannedWrites, outcomes, corpus] = await Promise.all([
    AppendFile.open(join(directory, rawFiles.plannedWrites)),
    AppendFile.open(join(directory, rawFiles.outcomes)),
    loadCorpus(5_000),
  ]);
  const wire = httpWire(credential);
  const clock = runClock(systemClock, plan);
  const generator = new Generator({
    plan: plan.workload,
    steady: plan.steady,
    corpus,
    clock,
    wire,
    plannedWrites: plannedWrites,
    outcomes,
  });
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'stop') generator.stop();
    if (message.kind !== 'credential') return;
    void wire.useCredential(message.credential).then(() => tell({ kind: 'credential-taken' }));
  });
  process.on('disconnect', () => generator.stop());
  const ticking = setInterval(() => void tell({ kind: 'stats', stats: generator.stats() }), statsEveryMs);
  const end = await generator.run();
  clearInterval(ticking);
  await Promise.all([plannedWrites.close(), outcomes.close(), wire.close()]);
  await tell({ kind: 'ended', end: { ...end, endedMs: clock.now() } });
  if (process.connected) process.disconnect();
}

/** Resolves when the message has left, or cannot: a broken channel is followed by 'disconnect'. */
function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, {}, () => resolve());
    else resolve();
  });
}

await main(process.argv[2] ?? '.');
