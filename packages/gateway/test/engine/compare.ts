// What of two answers must be equal: the same call to the engine directly and through the gateway.
import { request, type Dispatcher } from 'undici';
import type { Call } from './calls.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** @param dispatcher of connections that need more than an address. */
export async function send(
  url: string,
  { method, path, body, headers }: Call,
  dispatcher?: Dispatcher,
): Promise<Answer> {
  const answer = await request(url + path, {
    method,
    ...(dispatcher && { dispatcher }),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
}

/** Without the names of the two indexes, times, and ids that the engine makes. */
export function neutral(text: string): string {
  return (
    text
      .replaceAll(/direct-|gatewy-/g, '')
      .replaceAll(/"took":\d+/g, '"took":0')
      // Which shards need not be asked is a guess, which a refresh that is due changes.
      .replaceAll(/"skipped":\d+/g, '"skipped":0')
      .replaceAll(/"(_scroll_id|id|pit_id|index_uuid|uuid|_id|creation_date)":"[^"]{13,}"/g, '"$1":"made"')
      .replaceAll(/\/[\w-]{22}\]/g, '/made]')
      // An exception that travels between nodes loses its own type.
      .replaceAll(/"type":"(x_content_e_o_f|json_e_o_f|illegal_argument|i_o)_exception"/g, '"type":"any"')
      .replaceAll(/\/_doc\/[\w-]{20}$/g, '/_doc/made')
      .replaceAll(/allowed: \[([A-Z, ]+)\]/g, (_, methods: string) => `allowed: [${sortedNames(methods)}]`)
  );
}

/** The engine keeps the methods of a path in a set, whose order differs from node to node. */
const sortedNames = (list: string): string => list.split(/, ?/).sort().join();

/** What must be equal, besides the compression of a body. */
export function comparable({ status, headers, body }: Answer): object {
  const kept = Object.entries(headers)
    .filter(
      ([name]) =>
        !['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'content-encoding'].includes(name),
    )
    .map(([name, value]) => [name, name === 'allow' ? sortedNames(String(value)) : neutral(String(value))]);
  const text = neutral(body);
  return { status, headers: Object.fromEntries(kept) as object, body: status < 400 ? text : inOrder(text) };
}

/**
 * An error with the fields of its objects in order of name: the engine keeps them in a map whose order differs from node to node, and
 * the gateway does not ask the node that was asked directly.
 */
function inOrder(text: string): string {
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return text.startsWith('{') ? JSON.stringify(JSON.parse(text), sorted) : text;
}
