// One order at a certificate authority: account, challenges, request, certificate.
import { UnderstudyError, untilAborted, Secret, type Clock } from '@understudy/foundation';
import { Client, crypto, type Authorization, type Order } from 'acme-client';
import type { Challenge, ChallengeWay } from './challenge.ts';
import './http.ts';

export interface OrderRequest {
  readonly directoryUrl: string;
  readonly accountKey: Secret;
  readonly email: string | undefined;
  /** Names for which the certificate is; `*.example.org` for all names one level below. */
  readonly domains: readonly string[];
  readonly challenges: ChallengeWay;
  readonly clock: Clock;
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
 * Agrees to the authority's terms, and changes nothing but what shows the answers to challenges, which is removed again. Errors: `acme-unreachable`,
 * `acme-refused`, `acme-rate-limited`, `acme-not-validated` (facts: name, type, detail), `acme-failed`, those of the challenges.
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

async function ordered(client: Client, request: OrderRequest): Promise<Ordered> {
  const { domains, email, challenges: way, signal } = request;
  const step = <Result>(work: Promise<Result>): Promise<Result> => untilAborted(work, signal);
  await step(openAccount(client, email));
  const order = await step(client.createOrder({ identifiers: domains.map((value) => ({ type: 'dns', value })) }));
  const open = (await step(client.getAuthorizations(order))).filter(({ status }) => status !== 'valid');
  const asked = open.map((authorization) => ({ authorization, offer: offered(authorization, way) }));
  const challenges = await Promise.all(
    asked.map(({ authorization, offer }) => challengeOf(client, authorization, offer)),
  );
  const validate = async (): Promise<void> => {
    for (const { offer } of asked) await step(client.completeChallenge(offer));
    await validated(client, order, request);
  };
  if (open.length > 0) await way.shown(challenges, validate, signal);
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

type Offer = Authorization['challenges'][number];

async function challengeOf(client: Client, { identifier }: Authorization, offer: Offer): Promise<Challenge> {
  return {
    name: identifier.value,
    token: offer.token,
    answer: await client.getChallengeKeyAuthorization(offer),
  };
}

function offered({ challenges, identifier }: Authorization, { type: wanted }: ChallengeWay): Offer {
  const found = challenges.find(({ type }) => type === wanted);
  if (found) return found;
  const types = challenges.map(({ type }) => type).join(', ') || 'nothing';
  throw new UnderstudyError(
    'acme-refused',
    `The certificate authority offers ${types} for ${identifier.value}, the topology asks for ${wanted}. Choose another challenge or directory.`,
    { facts: { name: identifier.value, offered: types } },
  );
}

/** The authority has seen the answer of every name. */
async function validated(client: Client, order: Order, request: OrderRequest): Promise<void> {
  const { clock, challenges: way, signal } = request;
  const end = clock.monotonicMs() + validatedWithinMs;
  for (;;) {
    const all = await untilAborted(client.getAuthorizations(order), signal);
    const failed = all.find(({ status }) => status !== 'valid' && status !== 'pending');
    if (failed) throw notValidated(failed, way);
    const pending = all.find(({ status }) => status === 'pending');
    if (!pending) return;
    if (clock.monotonicMs() > end) throw notValidated(pending, way);
    await clock.sleep(validationLookMs, signal);
  }
}

function notValidated({ identifier, status, challenges }: Authorization, { advice }: ChallengeWay): UnderstudyError {
  const error = challenges.map((challenge) => (challenge as { error?: object }).error).find(Boolean) as
    { type?: string; detail?: string } | undefined;
  const said = error ? `${error.detail ?? ''} (${error.type ?? 'no type'})` : `its state is ${status}`;
  return new UnderstudyError(
    'acme-not-validated',
    `The certificate authority could not verify ${identifier.value}: ${said}. ${advice}; then run apply again. Nothing was changed on the balancer.`,
    { facts: { name: identifier.value, ...error } },
  );
}
