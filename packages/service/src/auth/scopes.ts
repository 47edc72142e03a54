// What a caller may do, and which of it each route asks for. A route that is not listed here cannot be added to the application.

const scopes = ['read', 'write', 'admin', 'monitor'] as const;
export type Scope = (typeof scopes)[number];

/** `open`: for everybody, because the balancer or a certificate authority asks it. `any`: for every caller that is known. */
export type Needed = Scope | 'open' | 'any';

/** `admin` is for what removes documents or writes thousands at once. No scope includes another one. */
const neededByRoute: Readonly<Record<string, Needed>> = {
  'POST /index': 'write',
  'POST /bulk': 'admin',
  'GET /search': 'read',
  'GET /documents/:id': 'read',
  'DELETE /documents/:id': 'admin',
  'GET /healthz': 'open',
  'GET /readyz': 'monitor',
  'GET /metrics': 'monitor',
  'GET /openapi.json': 'monitor',
  'GET /docs': 'monitor',
  'GET /whoami': 'any',
  'GET /.well-known/acme-challenge/:token': 'open',
};

/** Undefined: the table does not have it. */
export function neededFor(method: string, route: string): Needed | undefined {
  return neededByRoute[`${method === 'HEAD' ? 'GET' : method} ${route}`];
}

export function isScope(word: string): word is Scope {
  return (scopes as readonly string[]).includes(word);
}
