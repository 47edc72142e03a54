// TXT records of the challenge dns-01 in Linode's DNS manager: made, waited for at the name servers, removed afterwards. It removes no
// record but one with exactly the value that was made here, and creates no domain.
import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { UnderstudyError, type Clock, type Logger } from '@understudy/foundation';
import { isLinodeError, type Domain, type LinodeClient } from '../linode/index.ts';
import type { ChallengeWay } from './challenge.ts';

export interface TxtRecord {
  /** In full: `_acme-challenge.search.example.org`. */
  readonly name: string;
  /** Derived from the account's key and a random token: nobody else has this value. */
  readonly value: string;
}

/** What is published, on disk before it is: a killed run leaves it there, and the next one removes what it names. */
export interface RecordJournal {
  read(): Promise<readonly TxtRecord[]>;
  write(records: readonly TxtRecord[]): Promise<void>;
}

export interface ChallengeDns {
  readonly linode: LinodeClient;
  /** The authoritative ones of the domains: `ns1.linode.com`, or an address with a port. */
  readonly nameServers: readonly string[];
  readonly journal: RecordJournal;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Linode publishes changes every few minutes, a quarter of an hour at most. */
const visibleWithinMs = 20 * 60_000;
const lookEveryMs = 5_000;
const timeToLiveS = 300;

/** Errors of `shown`: those of `withRecords`. */
export function recordChallenges(dns: ChallengeDns): ChallengeWay {
  return {
    type: 'dns-01',
    advice:
      "Check that the domain is delegated to Linode's name servers, and that no CAA record excludes this authority",
    shown: (challenges, work, signal) =>
      withRecords(
        dns,
        challenges.map(({ name, answer }) => ({ name: `_acme-challenge.${name}`, value: answer })),
        work,
        signal,
      ),
  };
}

/**
 * Publishes the records, waits until every name server shows them, does the work, and removes them, whatever happens. Errors:
 * `acme-domain` when no domain of the account holds a name, `acme-record-unseen`, and those of the work.
 */
export async function withRecords<Result>(
  dns: ChallengeDns,
  records: readonly TxtRecord[],
  work: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const domains = await dns.linode.domains.list(undefined, signalOf(signal));
  const placed = records.map((record) => ({ ...record, domain: domainOf(record.name, domains) }));
  const left = await removeLeftovers(dns, domains);
  await dns.journal.write([...left, ...records]);
  try {
    for (const record of placed) await publish(dns.linode, record, signal);
    await visible(dns, records, signal);
    return await work();
  } finally {
    // Also after Ctrl-C, so without the signal.
    await dns.journal.write([...left, ...(await remove(dns, placed))]);
  }
}

interface PlacedRecord extends TxtRecord {
  readonly domain: Domain;
}

/** The longest domain of the account that holds the name. */
function holding(name: string, domains: readonly Domain[]): Domain | undefined {
  return domains
    .filter(({ domain }) => name.endsWith(`.${domain}`))
    .sort((a, b) => b.domain.length - a.domain.length)[0];
}

function domainOf(name: string, domains: readonly Domain[]): Domain {
  const found = holding(name, domains);
  if (found?.type === 'master' && found.status === 'active') return found;
  const plain = name.replace(/^_acme-challenge\./, '');
  const names = domains.map(({ domain }) => domain);
  const saw = found
    ? `${found.domain} is ${found.type} and ${found.status}`
    : names.length === 0
      ? 'the account has no domain'
      : `the account has ${names.slice(0, 10).join(', ')}`;
  throw new UnderstudyError(
    'acme-domain',
    `No certificate was ordered for ${plain}: ${saw}; allowed is a name inside an active primary domain of Linode's DNS manager. ` +
      'Correct certificate.acme.domains in balancer.listeners, or create the domain there and delegate it to ns1.linode.com … ns5.linode.com, ' +
      'or set challenge: http-01.',
    { facts: { name: plain, domains: names } },
  );
}

async function publish(
  linode: LinodeClient,
  { domain, name, value }: PlacedRecord,
  signal?: AbortSignal,
): Promise<void> {
  try {
    const body = { type: 'TXT', name: below(domain, name), target: value, ttl_sec: timeToLiveS } as const;
    await linode.domains.records.create(domain.id, body, signalOf(signal));
  } catch (error) {
    // It may be there: the name servers show whether it is, and the removal looks for it.
    if (!isLinodeError(error, 'linode-ambiguous')) throw error;
  }
}

function below({ domain }: Domain, name: string): string {
  return name.slice(0, -domain.length - 1);
}

/** Resolves with those that may be left. */
async function remove({ linode, logger }: ChallengeDns, records: readonly PlacedRecord[]): Promise<TxtRecord[]> {
  const left: TxtRecord[] = [];
  for (const { domain, name, value } of records) {
    try {
      const there = await linode.domains.records.list(domain.id);
      const ours = there.filter(({ type, target }) => type === 'TXT' && target === value);
      for (const { id } of ours) await linode.domains.records.delete(domain.id, id);
    } catch (error) {
      if (isLinodeError(error, 'linode-not-found')) continue;
      left.push({ name, value });
      const text = `the TXT record ${name} ${value} was not removed (${String(error)}); the next order removes it`;
      logger({ level: 'warn', subject: domain.domain, text });
    }
  }
  return left;
}

/** Removes what a run that was killed has published; resolves with what may be left of it. */
async function removeLeftovers(dns: ChallengeDns, domains: readonly Domain[]): Promise<TxtRecord[]> {
  const published = (await dns.journal.read()).flatMap((record) => {
    const domain = holding(record.name, domains);
    return domain ? [{ ...record, domain }] : [];
  });
  return await remove(dns, published);
}

async function visible(dns: ChallengeDns, records: readonly TxtRecord[], signal?: AbortSignal): Promise<void> {
  const { clock, nameServers } = dns;
  const end = clock.monotonicMs() + visibleWithinMs;
  for (;;) {
    const missing = await unseen(nameServers, records);
    if (missing.length === 0) return;
    if (clock.monotonicMs() > end) {
      throw new UnderstudyError(
        'acme-record-unseen',
        `The certificate was not ordered: within ${visibleWithinMs / 60_000} minutes ${missing.join('; ')}. ` +
          'This computer must reach these name servers by UDP port 53. Then run apply again.',
        { facts: { missing } },
      );
    }
    await clock.sleep(lookEveryMs, signal);
  }
}

/** A sentence for each name server that does not show a record. */
async function unseen(nameServers: readonly string[], records: readonly TxtRecord[]): Promise<string[]> {
  const looks = nameServers.flatMap((server) =>
    records.map(async ({ name, value }) => {
      const shown = await valuesAt(server, name).catch((error: unknown) => error as NodeJS.ErrnoException);
      if (!Array.isArray(shown)) return `${server} did not answer with ${name} (${shown.code ?? shown.message})`;
      return shown.includes(value) ? '' : `${server} did not show the new value of ${name}`;
    }),
  );
  return (await Promise.all(looks)).filter((problem) => problem !== '');
}

async function valuesAt(server: string, name: string): Promise<string[]> {
  const [host = '', port = '53'] = server.split(':');
  const address = isIP(host) === 0 ? (await lookup(host, { family: 4 })).address : host;
  // A new one each time: a resolver may remember an answer.
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers([`${address}:${port}`]);
  return (await resolver.resolveTxt(name)).map((chunks) => chunks.join(''));
}

function signalOf(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {};
}
