// The error for a service that did not serve after a change: what was seen, what the service itself said last, what happened to the
// machine, what to do. It changes nothing.
import { UnderstudyError } from '@understudy/foundation';
import { journalCommand, lastWordsScript, readLastWords } from '../../machines/index.ts';
import type { ServiceFault } from './service-checks.ts';
import { machineTarget, type StepContext } from './step-context.ts';

/** Undefined: the machine did not tell. */
type Words = ReturnType<typeof readLastWords> | undefined;

export interface FaultReport {
  readonly label: string;
  readonly fault: ServiceFault;
  readonly words: Words;
  /** The release that was new with this change. */
  readonly rejected: string | undefined;
  readonly oldRelease: string | undefined;
  /**
   * `put-back`: it serves as before the change. `not-put-back`: that failed too. `out`: nothing could be put back, and it gets no
   * requests. `not-started`: it served nobody before, and does not now.
   */
  readonly outcome: 'put-back' | 'not-put-back' | 'out' | 'not-started';
  readonly tookMs?: number;
  readonly cause?: UnderstudyError;
}

export async function lastWordsOf(context: StepContext, label: string): Promise<Words> {
  try {
    const { stdout } = await context.world.runner.run(machineTarget(context, label), ['sh', '-s'], {
      stdin: lastWordsScript(),
      timeoutMs: 20_000,
    });
    const { exit, lines } = readLastWords(stdout);
    return { exit, lines: lines.map((line) => withoutSecrets(context, line)) };
  } catch (error) {
    if (!(error instanceof UnderstudyError)) throw error;
    return undefined;
  }
}

/** The service may print what it was given. */
function withoutSecrets({ intent }: StepContext, line: string): string {
  return Object.values(intent.secrets ?? {}).reduce(
    (text, secret) => text.replaceAll(secret.reveal(), '[redacted]'),
    line,
  );
}

const codes = {
  'put-back': 'reconcile-settings-rejected',
  'not-put-back': 'reconcile-service-start',
  out: 'reconcile-service-start',
  'not-started': 'reconcile-service-start',
} as const;

export function faultReport(context: StepContext, report: FaultReport): UnderstudyError {
  const { label, fault, words, rejected, oldRelease, outcome, tookMs, cause } = report;
  const { address } = machineTarget(context, label);
  const released = rejected === undefined ? 'with its new settings' : `with the release ${rejected}`;
  const code = outcome === 'put-back' && rejected !== undefined ? 'reconcile-release-rejected' : codes[outcome];
  const text = [
    `${label} did not serve ${released}: ${fault.what}`,
    words?.exit === undefined ? undefined : `How its process ended: ${words.exit}.`,
    words === undefined || words.lines.length === 0
      ? 'It said nothing before.'
      : `Its last lines:\n${words.lines.map((line) => `    ${line}`).join('\n')}`,
    whatHappened(report),
    `More of its log: on ${label} (${address}), ${journalCommand}`,
    remedy(report),
  ];
  return new UnderstudyError(code, text.filter((part) => part !== undefined).join('\n  '), {
    facts: {
      ...{ label, outcome, fault: fault.what, exit: words?.exit ?? null, lines: words?.lines ?? [] },
      ...{ release: rejected ?? null, oldRelease: oldRelease ?? null },
      ...(tookMs === undefined ? {} : { putBackMs: Math.round(tookMs) }),
    },
    ...(cause === undefined ? { cause: fault } : { cause }),
  });
}

function whatHappened({ label, rejected, oldRelease, outcome, tookMs, cause }: FaultReport): string {
  const seconds = ((tookMs ?? 0) / 1000).toFixed(1);
  if (outcome === 'put-back') {
    const back = oldRelease === undefined ? 'with its settings of before' : `with the release ${oldRelease}`;
    const recorded = rejected === undefined ? '' : ' The rejected release is recorded there.';
    return `${label} serves again ${back}, ${seconds} s after the fault was seen. No other machine was changed.${recorded}`;
  }
  if (outcome === 'not-put-back')
    return `Putting it back failed as well: ${cause?.message ?? ''} ${label} gets no requests; the other machines serve.`;
  if (outcome === 'out')
    return `Nothing was there to put back, so ${label} gets no requests; the other machines serve, and none was changed.`;
  return `${label} had no other release or settings to put back, so it does not serve.`;
}

function remedy({ rejected, outcome }: FaultReport): string {
  if (outcome === 'put-back' && rejected !== undefined) {
    return (
      'Change the application, or the settings in the topology, and apply again. To try the same release once more: ' +
      'understudy release deploy --again'
    );
  }
  return 'Change the application, or the settings in the topology, and apply again.';
}
