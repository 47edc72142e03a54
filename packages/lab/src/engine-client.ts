// What `plan` and `apply` ask of a running lab: whether its machines can install an engine, and to make it ready.
import { z } from 'zod';
import { systemClock, UnderstudyError, type Logger } from '@understudy/foundation';
import { ask } from './control-client.ts';
import type { EngineRefusal } from './engine/index.ts';

const supplySchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('ready') }),
  z.object({ state: z.literal('buildable') }),
  z.object({ state: z.literal('building'), step: z.string() }),
  z.object({ state: z.literal('failed'), reason: z.string() }),
  z.object({
    state: z.literal('refused'),
    part: z.enum(['engine', 'version']),
    allowed: z.string(),
    reason: z.string(),
    remedy: z.string(),
  }),
  z.object({ state: z.literal('unknown'), reason: z.string() }),
]);

/** Maven's first question of a list of versions fetches its own plugin too. */
const askTimeoutMs = 180_000;
const pollMs = 500;

async function askSupply(method: 'GET' | 'POST', engine: string, version: string) {
  const path = `/engines/${encodeURIComponent(engine)}/${encodeURIComponent(version)}`;
  const older = () =>
    new UnderstudyError(
      'lab-daemon-old',
      "The lab's daemon does not know this question: it was started by an older version of this tool. Start it anew: " +
        'understudy lab down, then understudy lab up',
    );
  return supplySchema.parse(await ask(method, path, askTimeoutMs, older));
}

/**
 * Whether the lab's machines can install this engine: now, after a build, or never. Errors: `lab-not-running`,
 * `lab-engine-unknown` when Maven Central cannot be asked.
 */
export async function labSupplies(
  engine: string,
  version: string,
): Promise<{ readonly state: 'ready' } | { readonly state: 'buildable' } | EngineRefusal> {
  const supply = await askSupply('GET', engine, version);
  if (supply.state === 'unknown') throw new UnderstudyError('lab-engine-unknown', supply.reason);
  return supply.state === 'building' || supply.state === 'failed' ? { state: 'buildable' } : supply;
}

/**
 * Makes the engine ready for the lab's machines, with progress; at once when it is ready. An abort leaves the build to the
 * daemon, and the next call finds it. Errors: `lab-engine-build` and those of `labSupplies`.
 */
export async function labPrepareEngine(
  engine: string,
  version: string,
  { logger, signal }: { readonly logger: Logger; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  let told = '';
  let supply = await askSupply('POST', engine, version);
  while (supply.state === 'building') {
    if (supply.step !== told) logger({ level: 'info', subject: engine, text: supply.step });
    told = supply.step;
    await systemClock.sleep(pollMs, signal);
    supply = await askSupply('GET', engine, version);
  }
  if (supply.state === 'ready') return;
  const reason = supply.state === 'buildable' ? 'the build ended without a package' : supply.reason;
  throw new UnderstudyError(
    'lab-engine-build',
    `The lab could not make ${engine} ${version} ready; no machine was made. ${reason}\nTry again, or see: understudy lab logs`,
  );
}
