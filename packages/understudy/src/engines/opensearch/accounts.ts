// Accounts and roles of OpenSearch, in the form in which its API shows them: what a cluster has is compared with what it should have.
// https://docs.opensearch.org/latest/security/access-control/api/
import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  userOf,
  type AccountName,
  type AccountObject,
  type AccountsApi,
  type EngineUser,
  type SecuredIndex,
} from '../security.ts';

/** What the client asks the cluster, and requests for documents that the engine takes for requests to the cluster. */
const clientQuestions = [
  'cluster:monitor/main',
  'cluster:monitor/health',
  'cluster:monitor/state',
  'cluster:monitor/nodes/info',
  'indices:data/write/bulk',
  'indices:data/read/mget',
  'indices:data/read/msearch',
  'indices:data/read/scroll',
  'indices:data/read/scroll/clear',
  'indices:data/read/point_in_time/delete',
];

/** Documents, and what is asked of an index. `write` holds the right to add to a mapping: a document with a new field needs it. */
const serviceActions = [
  ...['read', 'write', 'indices:admin/auto_create'],
  ...['indices:admin/get', 'indices:admin/exists', 'indices:admin/aliases/get', 'indices:admin/mappings/get'],
  ...['indices:admin/shards/search_shards', 'indices:admin/validate/query', 'indices:monitor/settings/get'],
  ...['indices:admin/refresh*', 'indices:admin/flush*', 'indices:admin/forcemerge'],
];

function indexPermission(patterns: readonly string[], actions: readonly string[]): object {
  return { index_patterns: patterns, fls: [], masked_fields: [], allowed_actions: actions };
}

function role(cluster: readonly string[], indices: readonly object[]): object {
  return { cluster_permissions: cluster, index_permissions: indices, tenant_permissions: [] };
}

export function roles(indices: readonly SecuredIndex[]): Readonly<Record<string, object>> {
  const own = indices.map(({ names, ownMapping }) =>
    indexPermission(names, [...serviceActions, ...(ownMapping ? ['manage'] : [])]),
  );
  return {
    [userOf('service')]: role(clientQuestions, own),
    [userOf('monitor')]: role(
      ['cluster_monitor'],
      [indexPermission(['*'], ['indices_monitor', 'indices:admin/get', 'indices:admin/mappings/get'])],
    ),
  };
}

/** Who has which role. The operator has the vendor's own: requests of the tool reach settings, voting, snapshots and every index. */
export function mappings(users: readonly EngineUser[]): Readonly<Record<string, object>> {
  const mapping = (account: AccountName): object => ({
    users: users.filter((one) => one.account === account).map(({ user }) => user),
    ...{ hosts: [], backend_roles: [], and_backend_roles: [] },
  });
  return {
    all_access: mapping('operator'),
    [userOf('service')]: mapping('service'),
    [userOf('monitor')]: mapping('monitor'),
  };
}

/**
 * The API shows no hash, so its own hash lies beside it: an account with another password is recognised. The word before it keeps every
 * reader of YAML from taking it for a number.
 */
const markOf = (hash: string): string => `sha256-${createHash('sha256').update(hash).digest('hex').slice(0, 16)}`;

const marked = z.object({ attributes: z.object({ understudy: z.string() }) });

export function accountsOf(users: readonly EngineUser[]): Readonly<Record<string, object>> {
  return Object.fromEntries(
    users.map(({ user, hash }) => [user, { hash, backend_roles: [], attributes: { understudy: markOf(hash) } }]),
  );
}

const root = '/_plugins/_security/api';
const paths = { users: `${root}/internalusers`, roles: `${root}/roles`, mappings: `${root}/rolesmapping` };

function objects(part: string, all: Readonly<Record<string, object>>): AccountObject[] {
  return Object.entries(all).map(([name, body]) => ({ part, name, body }));
}

export const accountsApi: AccountsApi = {
  parts: Object.values(paths),
  wanted: (users, indices) => [
    ...objects(paths.roles, roles(indices)),
    ...objects(paths.mappings, mappings(users)),
    // The account that writes them is the first, and a new password of it ends what logs in with the old one.
    ...objects(paths.users, accountsOf(users)).reverse(),
  ],
  neverShown: ['hash'],
  isOwn: (part, shown) => part === paths.users && marked.safeParse(shown).success,
};
