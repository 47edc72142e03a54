// Takes a service machine out of the balancer: another one serves, no new requests come, those in flight have ended. Stops nothing.
import { UnderstudyError } from '@understudy/foundation';
import { connectionsScript } from '../../machines/index.ts';
import { awaitOthersServe, drainBackends, type Drained } from './balancer-backends.ts';
import { machineTarget, type StepContext } from './step-context.ts';

const sampleEveryMs = 500;
/** Samples in a row without a connection that was there in the sample before: health checks come and go. */
const quietSamples = 3;

/**
 * Resolves when the machine gets no requests, with what it got them by. With a listener id only that listener is drained. Error:
 * `reconcile-no-other-backend`, and nothing was changed.
 */
export async function takeOut(context: StepContext, label: string, listenerId?: number): Promise<Drained> {
  // One at a time: two machines that look at once would each count on the other.
  const drained = await context.found.serviceTurn(async () => {
    await awaitOthersServe(context, label, listenerId);
    return await drainBackends(context, label, listenerId);
  });
  if (drained.served) await awaitQuiet(context, label, drained.ports);
  return drained;
}

/** Waits for the balancer to act on the mode, then for requests in flight, at most `service.rollout.drainS`. */
export async function awaitQuiet(context: StepContext, label: string, ports: readonly number[]): Promise<void> {
  const { world, intent } = context;
  const { rollout } = intent.topology.service;
  await world.clock.sleep(world.balancerSettleMs, context.signal);
  const end = world.clock.monotonicMs() + rollout.drainS * 1000;
  let before: ReadonlySet<string> | undefined;
  for (let quiet = 0; quiet < quietSamples;) {
    const now = await connectionsTo(context, label, ports);
    const old = [...(now ?? [])].filter((peer) => before?.has(peer));
    quiet = now !== undefined && before !== undefined && old.length === 0 ? quiet + 1 : 0;
    before = now;
    if (quiet >= quietSamples) return;
    if (world.clock.monotonicMs() > end) {
      const open = now === undefined ? 'its connections could not be read' : `${old.length} connections are still open`;
      const text = `after ${rollout.drainS} s (service.rollout.drainS) ${open}; they are closed with the service`;
      world.logger({ level: 'warn', subject: label, text });
      return;
    }
    await world.clock.sleep(sampleEveryMs, context.signal);
  }
}

/** Undefined when the machine does not tell: then the whole time is waited. */
async function connectionsTo(
  context: StepContext,
  label: string,
  ports: readonly number[],
): Promise<ReadonlySet<string> | undefined> {
  try {
    const { code, stdout } = await context.world.runner.run(machineTarget(context, label), ['sh', '-s'], {
      stdin: connectionsScript(ports),
      timeoutMs: 10_000,
    });
    return code === 0 ? new Set(stdout.split('\n').filter((line) => line !== '')) : undefined;
  } catch (error) {
    if (!(error instanceof UnderstudyError)) throw error;
    return undefined;
  }
}
