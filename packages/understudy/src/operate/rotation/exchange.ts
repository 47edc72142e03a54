// The exchanges by name: what each will do, and doing it. The command and the drills call the same.
import type { Secret } from '@understudy/foundation';
import { accountNames, type AccountName } from '../../engines/index.ts';
import { authorityPassphrase, type Session } from '../../operation/index.ts';
import { exchangePhases, type ExchangePhase } from '../../secure/index.ts';
import { rotateSshKey } from '../access/rotate-ssh-key.ts';
import { rotateAuthority, type BetweenPhases } from './rotate-authority.ts';
import { rotateCertificates } from './rotate-certificates.ts';
import { rotatePasswords } from './rotate-passwords.ts';
import { rotateServiceKeys } from './rotate-service-keys.ts';
import { rotatingSystem } from './system.ts';

export const exchangeable = ['certificates', 'authority', 'passwords', 'ssh-keys', 'service-keys'] as const;
export type Exchangeable = (typeof exchangeable)[number];

export interface ExchangeRequest {
  /** For passwords. Default: operator and service, whose clients the tool moves itself. */
  readonly accounts?: readonly AccountName[];
  /** Asked before a user is removed whose clients the tool does not know. */
  readonly mayRemove: (users: readonly string[]) => Promise<boolean>;
  /** For service keys: called before the tool's key takes the place of the one before it; resolves when its holder calls with this one alone. */
  readonly onToolKey?: (toolKey: Secret) => Promise<void>;
  readonly betweenPhases?: BetweenPhases;
}

export interface ExchangeResult {
  /** False when users of before are still let in, because `mayRemove` said no. */
  readonly isComplete: boolean;
  /** For people, one sentence or several lines. */
  readonly text: string;
  /** For programs. */
  readonly facts: object;
}

const defaultAccounts: readonly AccountName[] = accountNames.filter((name) => name !== 'monitor');

/** What will be done, one line for each step; in the middle of one that was interrupted, what is left of it. */
export async function exchangePlan(
  session: Session,
  what: Exchangeable,
  accounts: readonly AccountName[] = defaultAccounts,
): Promise<string[]> {
  const begun = await phaseOf(session, what);
  const steps = stepsOf(what, accounts);
  const left = begun === undefined ? steps : steps.slice(exchangePhases.indexOf(begun));
  return begun === undefined ? left : [`One that was interrupted goes on ("${begun}").`, ...left];
}

/** Undefined: none was interrupted, or it has no phases. */
async function phaseOf(session: Session, what: Exchangeable): Promise<ExchangePhase | undefined> {
  switch (what) {
    case 'authority':
      return (await session.readSecurity())?.exchange.authority?.phase;
    case 'passwords':
      return (await session.readSecurity())?.exchange.accounts?.phase;
    case 'service-keys':
      return (await session.readServiceKeys())?.exchange?.phase;
    case 'certificates':
    case 'ssh-keys':
      return undefined;
  }
}

function stepsOf(what: Exchangeable, accounts: readonly AccountName[]): string[] {
  switch (what) {
    case 'certificates':
      return [
        'Each search machine, one after the other: a new key and certificate, seen at 9200 and 9300 before the next.',
      ];
    case 'authority':
      return [
        'A new authority is made, and trusted beside the old one: search machines one by one, then service machines (restarted one by one).',
        'Each search machine, one after the other: a new key and a certificate of the new authority, seen at 9200 and 9300.',
        'The old authority is removed: search machines one by one, seen to be refused; then service machines (restarted one by one).',
      ];
    case 'passwords':
      return [
        `A second user of each account (${accounts.join(', ')}) is let in on every search machine, one by one.`,
        'The tool and the service machines (restarted one by one) log in as these.',
        'The first users are removed, and seen to be refused on every search machine.',
      ];
    case 'ssh-keys':
      return [
        'A new SSH key of the tool is let in on every machine and proved; then the old one is removed, and seen to be refused.',
      ];
    case 'service-keys':
      return [
        'Service machines, one by one, accept a new key of the tool and a new secret of each other, beside the old ones; nothing is restarted.',
        'The tool calls with the new key; service machines, one by one, sign with the new secret.',
        'The old key and the old secret are removed from service machines, one by one, and seen to be refused.',
      ];
  }
}

/** Every machine has to answer. Errors: those of the four; run again, each goes on. */
export async function exchange(
  session: Session,
  what: Exchangeable,
  signal: AbortSignal,
  request: ExchangeRequest,
): Promise<ExchangeResult> {
  const { betweenPhases } = request;
  const between = betweenPhases ? { betweenPhases } : {};
  switch (what) {
    case 'certificates': {
      const certificates = await rotateCertificates(rotatingSystem(session, signal));
      const lines = certificates.map(({ machine, serial }) => `${machine} shows the certificate ${serial}`);
      return { isComplete: true, text: lines.join('\n'), facts: { certificates } };
    }
    case 'authority': {
      const passphrase = await authorityPassphrase();
      const rotated = await rotateAuthority(rotatingSystem(session, signal), { passphrase, ...between });
      const text = `${rotated.after}\n  is the authority of ${rotated.machines.join(', ')}, which refuse the one before it.`;
      return { isComplete: true, text, facts: rotated };
    }
    case 'passwords': {
      const { accounts = defaultAccounts, mayRemove } = request;
      const rotated = await rotatePasswords(rotatingSystem(session, signal), { accounts, mayRemove, ...between });
      const lines = rotated.accounts.map(({ account, before, after }) =>
        rotated.removed
          ? `${account}: ${after} with a new password; ${before} is refused`
          : `${account}: ${after} with a new password; ${before} is still let in`,
      );
      return { isComplete: rotated.removed, text: lines.join('\n'), facts: rotated };
    }
    case 'service-keys': {
      const { onToolKey } = request;
      const rotated = await rotateServiceKeys(session, signal, { ...(onToolKey ? { onToolKey } : {}), ...between });
      const { after, machines } = rotated;
      const text =
        `${after} is the tool's key for the service, and another secret is the service machines' own:\n` +
        `  ${machines.join(', ')} accept these, and refuse the ones of before.`;
      return { isComplete: true, text, facts: rotated };
    }
    case 'ssh-keys': {
      const { before, after, machines } = await rotateSshKey(session, signal);
      const text = `${after}\n  is accepted by ${machines.join(', ')}, which refuse the key before it.`;
      return { isComplete: true, text, facts: { before, after, machines } };
    }
  }
}
