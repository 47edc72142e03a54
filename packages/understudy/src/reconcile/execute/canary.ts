// Compares the first changed service machine with another one for some seconds. What is compared is what the tool can see by itself: the
// answers to the health paths and their latency, the process, the status at the balancer. Users' requests are not read.
import { anotherServing, portsNotServed } from './balancer-backends.ts';
import { assertSameProcess, isGood, sampleOf, ServiceFault } from './service-checks.ts';
import type { ServiceSample } from '../../machines/index.ts';
import type { StepContext } from './step-context.ts';

const sampleEveryMs = 1000;
/** By how much the canary's share of wrong answers, and of samples in which it was not UP, may exceed the other machine's. */
const shareAllowed = 0.2;
/** A median latency above this many times the other's, and this many ms more, is a fault: a busy machine is not. */
const latencyFactor = 5;
const latencyMoreMs = 200;

interface Tally {
  samples: number;
  wrong: number;
  notUp: number;
  readonly ms: number[];
}

/** Throws a `ServiceFault`. Without another machine that serves there is nothing to compare with, and the canary is only watched. */
export async function compareCanary(context: StepContext, label: string, first: ServiceSample): Promise<void> {
  const { clock } = context.world;
  const end = clock.monotonicMs() + context.intent.topology.service.rollout.canaryS * 1000;
  const other = await anotherServing(context, label);
  const own = emptyTally();
  const others = emptyTally();
  while (clock.monotonicMs() < end) {
    const now = await sampleOf(context, label);
    assertSameProcess(label, first, now);
    await count(context, label, own, now);
    if (other !== undefined) await count(context, other, others, await sampleOf(context, other));
    await clock.sleep(sampleEveryMs, context.signal);
  }
  const worse = difference(own, other === undefined ? undefined : others);
  if (worse !== undefined)
    throw new ServiceFault(label, `${worse}${other === undefined ? '' : ` (compared: ${other})`}.`);
}

function emptyTally(): Tally {
  return { samples: 0, wrong: 0, notUp: 0, ms: [] };
}

async function count(context: StepContext, label: string, tally: Tally, { answers }: ServiceSample): Promise<void> {
  tally.samples += 1;
  if (!answers.every(isGood)) tally.wrong += 1;
  if ((await portsNotServed(context, label)).length > 0) tally.notUp += 1;
  tally.ms.push(...answers.map(({ ms }) => ms));
}

/** In which respect the first is worse; undefined: in none. */
export function difference(own: Tally, other: Tally | undefined): string | undefined {
  const share = (part: number, { samples }: Tally): number => (samples === 0 ? 0 : part / samples);
  const percent = (part: number, of: Tally): string => `${Math.round(share(part, of) * 100)} %`;
  const against = other ?? emptyTally();
  if (own.wrong > 1 && share(own.wrong, own) > share(against.wrong, against) + shareAllowed)
    return `Of its answers to the health paths ${percent(own.wrong, own)} were wrong, of the other machine's ${percent(against.wrong, against)}`;
  if (own.notUp > 1 && share(own.notUp, own) > share(against.notUp, against) + shareAllowed)
    return `The balancer had it out in ${percent(own.notUp, own)} of the samples, the other machine in ${percent(against.notUp, against)}`;
  if (other === undefined || other.ms.length === 0) return undefined;
  const [mine, theirs] = [median(own.ms), median(other.ms)];
  if (mine > theirs * latencyFactor && mine > theirs + latencyMoreMs)
    return `Its answers to the health paths took ${Math.round(mine)} ms in the middle, the other machine's ${Math.round(theirs)} ms`;
  return undefined;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
