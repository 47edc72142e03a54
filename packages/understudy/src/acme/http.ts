// Requests to the certificate authority: the library's HTTP over fetch, so that every failure has a code, and none waits for hours.
// It repeats nothing: an authority counts failed attempts.
import { UnderstudyError } from '@understudy/foundation';
import { axios } from 'acme-client';
import { z } from 'zod';

const timeoutMs = 30_000;

/** RFC 7807, as RFC 8555, 6.7 uses it. */
const problemSchema = z.object({ type: z.string(), detail: z.string().default('') });

/** RFC 8555, 6.7: the library sends the request again with a fresh nonce. */
const repeated = 'urn:ietf:params:acme:error:badNonce';
const rateLimited = 'urn:ietf:params:acme:error:rateLimited';

type Adapter = Exclude<NonNullable<typeof axios.defaults.adapter>, string | readonly unknown[]>;

const overFetch: Adapter = async (config) => {
  const url = config.url ?? '';
  const response = await answered(url, {
    method: (config.method ?? 'get').toUpperCase(),
    headers: new Headers(Object.entries(config.headers.toJSON(true)).map(([name, value]) => [name, value])),
    ...(typeof config.data === 'string' ? { body: config.data } : {}),
  });
  const text = await response.text();
  refuseProblem(url, response, text);
  const { status, statusText } = response;
  return { data: text, status, statusText, headers: Object.fromEntries(response.headers), config };
};

/** Errors: `acme-unreachable`. */
async function answered(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
  } catch (cause) {
    throw new UnderstudyError(
      'acme-unreachable',
      `The certificate authority at ${url} gave no answer: ${causeOf(cause)}. The certificate was not ordered. Check the directory ` +
        'in balancer.listeners and the connection of this computer, then run apply again. ' +
        'An authority of your own must be trusted: NODE_EXTRA_CA_CERTS=FILE.',
      { facts: { url }, cause },
    );
  }
}

function causeOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}

/** Errors: `acme-refused` (facts: type, detail, status), `acme-rate-limited` (facts: also retryAfter). */
function refuseProblem(url: string, response: Response, text: string): void {
  if (response.status < 400) return;
  const problem = problemOf(text);
  if (problem?.type === repeated) return;
  const said = problem ? `${problem.detail} (${problem.type})` : `status ${response.status}`;
  const facts = { url, status: response.status, ...problem };
  if (problem?.type === rateLimited || response.status === 429) {
    const retryAfter = response.headers.get('retry-after');
    throw new UnderstudyError(
      'acme-rate-limited',
      `The certificate authority at ${new URL(url).host} has a limit on orders, which is reached: ${said}. ` +
        `Run apply again ${retryAfter === null ? 'later' : `after ${waitOf(retryAfter)}`}; try with directory: staging, whose limits are higher.`,
      { facts: { ...facts, retryAfter } },
    );
  }
  throw new UnderstudyError(
    'acme-refused',
    `The certificate authority at ${new URL(url).host} refused the order: ${said}. Nothing was changed on the balancer. ` +
      'Correct certificate.acme in balancer.listeners, then run apply again.',
    { facts },
  );
}

/** Retry-After is seconds or a date. */
function waitOf(retryAfter: string): string {
  return /^\d+$/.test(retryAfter) ? `${retryAfter} s` : retryAfter;
}

function problemOf(text: string): z.output<typeof problemSchema> | undefined {
  try {
    return problemSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

axios.defaults.adapter = overFetch;
