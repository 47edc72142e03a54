// The address of a node and the user for its requests. User and password appear in no error, event, metric or log.
import { ClientError } from '../model/errors.ts';

export class NodeAddress {
  /** Origin and path prefix: names the node in errors, events and metrics. */
  readonly url: string;
  readonly #target: URL;

  constructor(target: URL) {
    this.#target = target;
    this.url = target.origin + prefixOf(target);
  }

  /** The same with user and password, for the wire alone. */
  get target(): URL {
    return this.#target;
  }

  /** Another node of the same cluster, with the same user; undefined when `host` is not a host and a port. */
  sibling(host: string): NodeAddress | undefined {
    const target = URL.parse(`${this.#target.protocol}//${host}`);
    if (!target || target.pathname !== '/' || target.search || target.hash || target.username) return undefined;
    target.username = this.#target.username;
    target.password = this.#target.password;
    return new NodeAddress(target);
  }
}

/** The path before every path of the engine's API: empty, or a slash and more, without one at its end. */
export function prefixOf(target: URL): string {
  return target.pathname.replace(/\/+$/, '');
}

/** The value of the authorization header for the user of a URL; undefined when it has none. */
export function authorizationOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  return basicAuthorization(decodeURIComponent(username), decodeURIComponent(password));
}

export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** @throws ClientError 'invalid-request' for what is no URL of a node. */
export function toNodeAddress(node: string | URL): NodeAddress {
  const text = String(node);
  const target = URL.parse(text);
  if (!target || !/^https?:$/.test(target.protocol))
    throw refusal(text, 'a node must be an http or https URL such as http://10.0.0.2:9200');
  if (target.search !== '' || target.hash !== '')
    throw refusal(text, 'the URL of a node must not have a query or a fragment');
  if (target.pathname.includes('@')) throw refusal(text, 'a slash in a password must be written %2F');
  try {
    authorizationOf(target);
  } catch {
    throw refusal(text, 'user and password must be percent-encoded UTF-8, a percent sign itself as %25');
  }
  if (decodeURIComponent(target.username).includes(':'))
    throw refusal(text, 'the name of a user must not contain a colon');
  return new NodeAddress(target);
}

/** Names the node without the part of the URL that may hold a password. */
function refusal(text: string, expected: string): ClientError {
  const host = text.slice(text.lastIndexOf('@') + 1).replace(/[?#].*/, '');
  const shown = text.includes('@') ? `…@${host}` : host;
  return new ClientError('invalid-request', `\`nodes\`: ${expected}; got ${shown}.`);
}
