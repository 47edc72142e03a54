// Gives accounts another password without a moment in which a client has a wrong one: a second user of the account is let in first, clients
// move to it, then the first is removed. The operator's files say in which phase it is, so it may be interrupted anywhere and run again.
import type { AccountName } from '../../engines/index.ts';
import { advance, beginAccounts, type SystemSecurity } from '../../secure/index.ts';
import { onEach, progress, writeSecurityFiles } from './on-machines.ts';
import { letsIn, proved } from './proofs.ts';
import { writeGeneration, type BetweenPhases } from './rotate-authority.ts';
import type { RotatingSystem, SearchMachine } from './system.ts';

export interface RotatedAccount {
  readonly account: AccountName;
  /** Names of users. */
  readonly before: string;
  readonly after: string;
}

export interface PasswordRequest {
  readonly accounts: readonly AccountName[];
  /** Asked before users of accounts are removed whose clients the tool does not know. No: both stay, and running it again asks again. */
  readonly mayRemove: (users: readonly string[]) => Promise<boolean>;
  readonly betweenPhases?: BetweenPhases;
}

/** Not those of service machines or of the tool itself. */
const usedElsewhere: readonly AccountName[] = ['monitor'];

/**
 * `removed` is false when the old ones are still let in. An exchange that was interrupted is ended first, whichever accounts it has. Errors:
 * `operate-partial-view`, `operate-drift`, `operate-not-proved`, `operate-script`, `secure-not-kept`, and those of the change of service
 * machines.
 */
export async function rotatePasswords(
  system: RotatingSystem,
  request: PasswordRequest,
): Promise<{ readonly accounts: readonly RotatedAccount[]; readonly removed: boolean }> {
  const first = await system.security();
  await system.search(first);
  const { logger, name, directory } = system;
  const begun = first.exchange.accounts;
  if (begun) logger({ level: 'info', subject: name, text: `goes on in the phase "${begun.phase}"` });
  const accounts: RotatedAccount[] = [];
  const open = Object.keys(begun?.next ?? {}) as AccountName[];
  const rest = request.accounts.filter((account) => !open.includes(account));
  for (const some of [open, rest]) {
    if (some.length === 0) continue;
    await beginAccounts(directory, some);
    const ended = await exchange(system, request);
    accounts.push(...ended.accounts);
    if (!ended.removed) return { accounts, removed: false };
  }
  return { accounts, removed: true };
}

async function exchange(
  system: RotatingSystem,
  { mayRemove, betweenPhases = () => Promise.resolve() }: PasswordRequest,
): Promise<{ readonly accounts: readonly RotatedAccount[]; readonly removed: boolean }> {
  let machines: readonly SearchMachine[] = [];
  let accounts: RotatedAccount[] = [];
  for (const phase of ['introduce', 'use', 'withdraw'] as const) {
    const security = await system.security();
    if (security.exchange.accounts?.phase !== phase) continue;
    accounts = pairsOf(security).map(({ account, former, next }) => ({
      account,
      before: former.user,
      after: next.user,
    }));
    machines = await system.search(security);
    await onEach(system, machines, (machine) => onMachine(system, security, machine));
    if (phase === 'use') {
      await system.moveClients(security);
      const theirs = accounts.filter(({ account }) => usedElsewhere.includes(account)).map(({ before }) => before);
      if (theirs.length > 0 && !(await mayRemove(theirs))) return { accounts, removed: false };
    }
    system.logger({ level: 'info', subject: system.name, text: done[phase] });
    await advance(system.directory, 'accounts', phase);
    await betweenPhases(phase);
  }
  await writeGeneration(system, machines);
  return { accounts, removed: true };
}

const done = {
  introduce: 'every search machine lets in the new users and the old ones',
  use: 'every client logs in as a new user',
  withdraw: 'every search machine refuses the old users',
} as const;

/** Writes who is let in, and proves it for each user by a login. */
async function onMachine(system: RotatingSystem, security: SystemSecurity, machine: SearchMachine): Promise<void> {
  await writeSecurityFiles(system, security, machine);
  await system.putAccounts(security);
  const { bundlePem, exchange: now } = security;
  const withdrawn = now.accounts?.phase === 'withdraw';
  for (const { former, next } of pairsOf(security)) {
    const wanted = withdrawn ? `${former.user} is refused` : `${former.user} and ${next.user} are let in`;
    await proved(system, machine, `that ${wanted}`, async () => {
      if (!(await letsIn(system, machine, { ...next, bundlePem }))) return `${next.user} is refused`;
      const lets = await letsIn(system, machine, { ...former, bundlePem });
      if (lets === withdrawn) return `${former.user} is ${lets ? 'let in' : 'refused'}`;
      return undefined;
    });
    progress(system, machine, wanted);
  }
}

function pairsOf({ exchange: { accounts }, former }: SystemSecurity) {
  return Object.entries(accounts?.next ?? {}).map(([name, next]) => {
    const account = name as AccountName;
    return { account, former: former.accounts[account], next };
  });
}
