// What the token and its user must be allowed to do, and what of it is missing. Looked at before anything is created.
// Scopes by operation: the `security` of Linode's OpenAPI file, and X-Accepted-OAuth-Scopes of its answers.
import type { Grants } from './answers/account.ts';

/** `read`: looking at a system. `write`: also building, changing and removing it. */
export type Access = 'read' | 'write';

interface Need {
  readonly scope: string;
  readonly whatFor: string;
}

const toRead: readonly Need[] = [
  { scope: 'linodes:read_only', whatFor: 'machines and placement groups' },
  { scope: 'firewall:read_only', whatFor: 'firewalls, and the default firewalls of the account' },
  { scope: 'nodebalancers:read_only', whatFor: 'the balancer' },
  { scope: 'ips:read_only', whatFor: 'the assigned addresses of the private network' },
  { scope: 'images:read_only', whatFor: 'whether the image supports user data' },
  { scope: 'account:read_only', whatFor: 'which network interfaces the account allows' },
];

const toWrite: readonly Need[] = [
  { scope: 'linodes:read_write', whatFor: 'creating machines and placement groups' },
  { scope: 'vpc:read_write', whatFor: 'creating the private network' },
  { scope: 'firewall:read_write', whatFor: 'creating firewalls' },
  { scope: 'nodebalancers:read_write', whatFor: 'creating the balancer' },
  ...toRead.filter(({ scope }) => /^(?:ips|images|account):/.test(scope)),
];

/** Besides, for a system whose certificates are ordered by ACME. */
const toOrder: readonly Need[] = [
  { scope: 'domains:read_write', whatFor: 'the records by which a certificate authority verifies the domains' },
];

/** Every scope that this access takes, each with what it is for. */
export function neededScopes(access: Access, ordersCertificates = false): readonly Need[] {
  if (access === 'read') return toRead;
  return ordersCertificates ? [...toWrite, ...toOrder] : toWrite;
}

/** What a token with the scopes `held` lacks. `*` holds all, and read_write holds read_only. */
export function missingScopes(held: readonly string[], access: Access, ordersCertificates = false): readonly Need[] {
  const holds = (scope: string): boolean =>
    held.includes('*') || held.includes(scope) || held.includes(scope.replace(/:read_only$/, ':read_write'));
  return neededScopes(access, ordersCertificates).filter(({ scope }) => !holds(scope));
}

const grantsToCreate = [
  ['add_linodes', 'creating machines'],
  ['add_vpcs', 'creating the private network'],
  ['add_firewalls', 'creating firewalls'],
  ['add_nodebalancers', 'creating the balancer'],
] as const;

/** Global grants that a restricted user lacks for building a system. A grant that Linode does not list counts as given. */
export function missingGrants({ global }: Grants): readonly { readonly grant: string; readonly whatFor: string }[] {
  return grantsToCreate.filter(([grant]) => global[grant] === false).map(([grant, whatFor]) => ({ grant, whatFor }));
}
