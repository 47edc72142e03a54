// Files of the challenge http-01, which the authority asks of the service on port 80. They are put on every service machine, since any of
// them may be asked, and each machine has to answer with them before the authority is told to ask.
import { Resolver } from 'node:dns/promises';
import { UnderstudyError, type Logger } from '@understudy/foundation';
import type { Challenge, ChallengeWay } from './challenge.ts';

/** A service machine. */
export interface ChallengeHost {
  readonly label: string;
  /** Whether the balancer sends requests to it. */
  readonly serves: boolean;
  /** Puts files, token -> content. */
  put(files: Readonly<Record<string, string>>): Promise<void>;
  /** Those that are not there are no error. */
  remove(tokens: readonly string[]): Promise<void>;
  /** What its service answers when it is asked for a file as the balancer asks. */
  ask(name: string, token: string): Promise<{ readonly status: number; readonly body: string }>;
}

export interface ChallengeFiles {
  readonly hosts: readonly ChallengeHost[];
  /** Of the balancer, to which the names have to lead. */
  readonly addresses: readonly string[];
  /** Whom to ask for names, an address with a port; undefined: whom this computer asks. */
  readonly resolver: string | undefined;
  readonly logger: Logger;
}

/** RFC 8555, 8.1 and 8.3: base64url. It becomes the name of a file and a word of a script, so nothing else is taken. */
const tokenPattern = /^[\w-]{1,128}$/;
const answerPattern = /^[\w-]{1,128}\.[\w-]{1,128}$/;

/**
 * Errors of `shown`: `acme-domain` when a name leads nowhere, `acme-challenge-unanswered` (facts: label, status) when a service does not give out
 * the files, and those of the machines.
 */
export function fileChallenges(files: ChallengeFiles): ChallengeWay {
  return {
    type: 'http-01',
    advice: `Check that the name leads to the balancer (${files.addresses.join(', ')}), and that no CAA record excludes this authority`,
    async shown(challenges, work, signal) {
      for (const { name } of challenges) await leadsHere(files, name);
      const texts = textsOf(challenges);
      const placed: ChallengeHost[] = [];
      try {
        for (const host of files.hosts) {
          signal?.throwIfAborted();
          placed.push(host);
          await tried(files, host, async () => {
            await host.put(texts);
            for (const challenge of challenges) await answered(host, challenge);
          });
        }
        return await work();
      } finally {
        // Also after Ctrl-C, so without the signal.
        for (const host of placed) await removed(files, host, Object.keys(texts));
      }
    },
  };
}

function textsOf(challenges: readonly Challenge[]): Readonly<Record<string, string>> {
  for (const { name, token, answer } of challenges) {
    if (tokenPattern.test(token) && answerPattern.test(answer)) continue;
    throw new UnderstudyError(
      'acme-refused',
      `The certificate authority sent a token for ${name} that is none: '${token.slice(0, 40)}'. Nothing was ordered. Choose another directory.`,
      { facts: { name } },
    );
  }
  return Object.fromEntries(challenges.map(({ token, answer }) => [token, answer]));
}

/** A machine to which the balancer sends nothing is not asked by the authority either. */
async function tried({ logger }: ChallengeFiles, host: ChallengeHost, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (host.serves) throw error;
    const text = `it gets no requests, and does not answer the certificate authority: ${String(error)}`;
    logger({ level: 'warn', subject: host.label, text });
  }
}

async function removed({ logger }: ChallengeFiles, host: ChallengeHost, tokens: readonly string[]): Promise<void> {
  try {
    await host.remove(tokens);
  } catch (error) {
    const text = `files for a certificate authority were not removed (${String(error)}); they are no secret, and a later order removes them`;
    logger({ level: 'warn', subject: host.label, text });
  }
}

async function answered(host: ChallengeHost, { name, token, answer }: Challenge): Promise<void> {
  const { status, body } = await host.ask(name, token);
  if (status === 200 && body.trim() === answer) return;
  const said = status === 0 ? 'did not answer' : `answered ${status} and '${body.trim().slice(0, 80)}'`;
  throw new UnderstudyError(
    'acme-challenge-unanswered',
    `The certificate was not ordered: on ${host.label} GET /.well-known/acme-challenge/${token} ${said} in place of the file. With challenge: http-01 an ` +
      'application of your own gives out the files of the directory in ACME_CHALLENGES there, without a login and without a redirection. ' +
      'Correct it, or set challenge: dns-01, then run apply again.',
    { facts: { label: host.label, status } },
  );
}

/** An authority counts failed attempts: a name that leads nowhere is not tried. */
async function leadsHere({ addresses, resolver, logger }: ChallengeFiles, name: string): Promise<void> {
  const found = await addressesOf(name, resolver);
  if (found === undefined) return;
  const [v4 = '', v6] = addresses;
  if (found.length === 0) {
    throw new UnderstudyError(
      'acme-domain',
      `No certificate was ordered for ${name}: the DNS has no address for it. Where the domain is kept, make a record A with ${v4}` +
        `${v6 === undefined ? '' : ` and one AAAA with ${v6}`} for the balancer; then run apply again.`,
      { facts: { name, addresses } },
    );
  }
  const others = found.filter((address) => !addresses.includes(address));
  if (others.length === 0) return;
  const text = `it leads to ${others.join(', ')}, not to the balancer (${addresses.join(', ')}); the certificate authority asks there`;
  logger({ level: 'warn', subject: name, text });
}

/** Undefined when it cannot be told. */
async function addressesOf(name: string, server: string | undefined): Promise<string[] | undefined> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  if (server !== undefined) resolver.setServers([server]);
  const absent = ['ENOTFOUND', 'ENODATA', ...(server === undefined ? [] : [refusedByServer])];
  const families = await Promise.all(
    [resolver.resolve4(name), resolver.resolve6(name)].map((asked) => noneWhenAbsent(asked, absent)),
  );
  const known = families.filter((family) => family !== undefined);
  const all = known.flat();
  return all.length === 0 && known.length < families.length ? undefined : all;
}

/** A server that resolves nothing for others answers so for a domain that it does not have; a resolver may have other reasons. */
const refusedByServer = 'EREFUSED';

async function noneWhenAbsent(asked: Promise<string[]>, absent: readonly string[]): Promise<string[] | undefined> {
  try {
    return await asked;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return absent.includes(code ?? '') ? [] : undefined;
  }
}
