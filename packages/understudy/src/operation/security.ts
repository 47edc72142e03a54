// What the security of a system means for its machines: whom engines trust, how the service logs in, for whom a certificate is.
import { Secret, systemClock } from '@understudy/foundation';
import { engineNamed, type AccountObject, type AccountsApi } from '../engines/index.ts';
import type { EngineAccess, ServiceAccess } from '../machines/index.ts';
import { openSecurity, type CertificateSubject, type SystemSecurity } from '../secure/index.ts';
import type { MachinePlan, Topology } from '../topology/index.ts';
import { aliasesOf } from './index-intent.ts';
import type { Intent } from './intent-shape.ts';
import { securityDirectory, systemIdOf } from './places.ts';
import { readSecretValue } from './secret-file.ts';

const passphraseVariable = 'UNDERSTUDY_AUTHORITY_PASSPHRASE';
const passphraseFileVariable = `${passphraseVariable}_FILE`;

/**
 * Undefined while security is off. Nothing is written here: `keep` does it. `made`: what an earlier call made, and holds until it is kept.
 * Errors: `secure-unreadable`, `reconcile-secret-file`.
 */
export async function securityOf(
  topology: Topology,
  targetName: string,
  made?: SystemSecurity,
): Promise<SystemSecurity | undefined> {
  if (topology.search.security === 'off') return undefined;
  return await openSecurity({
    directory: securityDirectory(systemIdOf({ target: { name: targetName }, topology })),
    systemName: topology.name,
    nowMs: systemClock.now(),
    passphrase: await authorityPassphrase(),
    made,
  });
}

/** Of the authority's key, from the environment; undefined: it has none. Errors: `reconcile-secret-file`. */
export async function authorityPassphrase(): Promise<Secret | undefined> {
  const given = process.env[passphraseVariable];
  if (given !== undefined && given !== '') return new Secret(given);
  const path = process.env[passphraseFileVariable];
  return path === undefined || path === '' ? undefined : await readSecretValue(path, passphraseFileVariable);
}

/** For whom the certificate of a search machine is. Programs on the machine itself reach its engine at 127.0.0.1. */
export function certificateSubjectOf({ label, vpcAddress }: MachinePlan): CertificateSubject {
  return { label, addresses: [vpcAddress, '127.0.0.1'] };
}

export function engineAccessOf(intent: Intent): EngineAccess | undefined {
  const { security, topology } = intent;
  if (!security) return undefined;
  const { bundlePem, users, generations } = security;
  return {
    bundlePem,
    users,
    generation: generations.at(-1) ?? '',
    indices: topology.search.indices.map((index) => ({
      names: [...new Set([index.name, ...aliasesOf(intent, index)])],
      ownMapping: index.template.from === 'none',
    })),
  };
}

/** What an engine that keeps its accounts in an index should have there; undefined for others, and while security is off. */
export function wantedAccounts(
  intent: Intent,
): { readonly api: AccountsApi; readonly objects: readonly AccountObject[] } | undefined {
  const access = engineAccessOf(intent);
  const api = engineNamed(intent.topology.search.engine).security.accountsApi;
  return access && api && { api, objects: api.wanted(access.users, access.indices) };
}

export function serviceAccessOf({ security }: Intent): ServiceAccess | undefined {
  if (!security) return undefined;
  const { user, password } = security.accounts.service;
  return { bundlePem: security.bundlePem, user, password };
}
