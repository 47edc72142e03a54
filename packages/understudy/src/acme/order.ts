// One order at a certificate authority: account, challenges, request, certificate.
import { UnderstudyError, untilAborted, Secret } from '@understudy/foundation';
import { Client, crypto, type Authorization, type Order } from 'acme-client';
import { withRecords, type ChallengeDns, type TxtRecord } from './challenge-records.ts';
import './http.ts';

export interface OrderRequest {
  readonly directoryUrl: string;
  readonly accountKey: Secret;
  readonly email: string | undefined;
  /** Names for which the certificate is; `*.example.org` for all names one level below. */
  readonly domains: readonly string[];
  readonly dns: ChallengeDns;
  readonly signal?: AbortSignal | undefined;
}

export interface Ordered {
  /** The certificate, then those that lead to the root, PEM. */
  readonly chainPem: string;
  readonly keyPem: Secret;
}

const validatedWithinMs = 120_000;
/** RFC 8555, 7.3.1. */
const noAccount = 'urn:ietf:params:acme:error:accountDoesNotExist';
const validationLookMs = 2_000;

/** A key on P-256, which identifies the operator to an authority. */
export async function newAccountKey(): Promise<Secret> {
  return new Secret(String(await crypto.createPrivateEcdsaKey('P-256')));
}

/**
 * Agrees to the authority's terms, and changes nothing but records of the challenge, which are removed again. Errors: `acme-unreachable`,
 * `acme-refused`, `acme-rate-limited`, `acme-not-validated` (facts: name, type, detail), `acme-failed`, those of the records and of Linode.
 */
export async function orderCertificate(request: OrderRequest): Promise<Ordered> {
  request.signal?.throwIfAborted();
  const { directoryUrl, accountKey } = request;
  const pauses = { backoffAttempts: 20, backoffMin: 1_000, backoffMax: 5_000 };
  try {
    return await ordered(new Client({ directoryUrl, accountKey: accountKey.reveal(), ...pauses }), request);
  } catch (cause) {
    if (cause instanceof UnderstudyError || request.signal?.aborted) throw cause;
    const said = cause instanceof Error ? cause.message : String(cause);
    const text = `The order at ${directoryUrl} failed: ${said}. Nothing was changed on the balancer; run apply again.`;
    throw new UnderstudyError('acme-failed', text, { facts: { directoryUrl }, cause });
  }
}

async function ordered(client: Client, { domains, email, dns, signal }: OrderRequest): Promise<Ordered> {
  const step = <Result>(work: Promise<Result>): Promise<Result> => untilAborted(work, signal);
  await step(openAccount(client, email));
  const order = await step(client.createOrder({ identifiers: domains.map((value) => ({ type: 'dns', value })) }));
  const open = (await step(client.getAuthorizations(order))).filter(({ status }) => status !== 'valid');
  const records = await Promise.all(open.map((authorization) => recordFor(client, authorization)));
  const validate = async (): Promise<void> => {
    for (const authorization of open) await step(client.completeChallenge(challengeOf(authorization)));
    await validated(client, order, dns, signal);
  };
  if (open.length > 0) await withRecords(dns, records, validate, signal);
  const [key, csr] = await crypto.createCsr({ altNames: [...domains] });
  const finished = await step(client.finalizeOrder(order, csr));
  return { chainPem: await step(client.getCertificate(finished)), keyPem: new Secret(String(key)) };
}

/** The account of the key; one is made when there is none. */
async function openAccount(client: Client, email: string | undefined): Promise<void> {
  const contact = email === undefined ? {} : { contact: [`mailto:${email}`] };
  try {
    const account = await client.createAccount({ onlyReturnExisting: true });
    if (contact.contact && account.contact?.join() !== contact.contact.join()) await client.updateAccount(contact);
  } catch (error) {
    if (!(error instanceof UnderstudyError) || error.facts['type'] !== noAccount) throw error;
    await client.createAccount({ termsOfServiceAgreed: true, ...contact });
  }
}

async function recordFor(client: Client, authorization: Authorization): Promise<TxtRecord> {
  const value = await client.getChallengeKeyAuthorization(challengeOf(authorization));
  return { name: `_acme-challenge.${authorization.identifier.value}`, value };
}

function challengeOf({ challenges, identifier }: Authorization): Authorization['challenges'][number] {
  const found = challenges.find(({ type }) => type === 'dns-01');
  if (found) return found;
  const offered = challenges.map(({ type }) => type).join(', ') || 'nothing';
  throw new UnderstudyError(
    'acme-refused',
    `The certificate authority offers ${offered} for ${identifier.value}; allowed is dns-01. Choose another directory.`,
    { facts: { name: identifier.value, offered } },
  );
}

/** The authority has read the records of every name. */
async function validated(client: Client, order: Order, { clock }: ChallengeDns, signal?: AbortSignal): Promise<void> {
  const end = clock.monotonicMs() + validatedWithinMs;
  for (;;) {
    const all = await untilAborted(client.getAuthorizations(order), signal);
    const failed = all.find(({ status }) => status !== 'valid' && status !== 'pending');
    if (failed) throw notValidated(failed);
    const pending = all.find(({ status }) => status === 'pending');
    if (!pending) return;
    if (clock.monotonicMs() > end) throw notValidated(pending);
    await clock.sleep(validationLookMs, signal);
  }
}

function notValidated({ identifier, status, challenges }: Authorization): UnderstudyError {
  const error = challenges.map((challenge) => (challenge as { error?: object }).error).find(Boolean) as
    { type?: string; detail?: string } | undefined;
  const said = error ? `${error.detail ?? ''} (${error.type ?? 'no type'})` : `its state is ${status}`;
  return new UnderstudyError(
    'acme-not-validated',
    `The certificate authority could not verify ${identifier.value}: ${said}. Check that the domain is delegated to Linode's name ` +
      'servers, and that no CAA record excludes this authority; then run apply again. Nothing was changed on the balancer.',
    { facts: { name: identifier.value, ...error } },
  );
}
