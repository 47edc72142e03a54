// The files by which an engine is secured, but the key and the certificate of its machine: those are made on it. Pure values.
import { tlsPaths, type EngineDefinition, type EngineUser, type SecuredIndex } from '../engines/index.ts';
import { contentHash, type ManagedFile } from './managed-file.ts';

/** Whom an engine trusts: the authorities of its system, and its accounts by the hashes of their passwords. */
export interface EngineAccess {
  readonly bundlePem: string;
  readonly users: readonly EngineUser[];
  /** Of the operator's authority and accounts: an older copy of them is recognised by it. */
  readonly generation: string;
  /** What the service account may use. */
  readonly indices: readonly SecuredIndex[];
}

/** The service machine's copy of the authorities that sign engines. */
export const engineAuthorityPath = '/etc/understudy/engine-authority.crt';

/** For whoever talks to the engine: not secret, every program of the machine may check the engine with it. */
export function engineAuthorityFile({ bundlePem }: Pick<EngineAccess, 'bundlePem'>): ManagedFile {
  return { path: engineAuthorityPath, mode: '0644', owner: 'root:root', content: bundlePem };
}

/** A comment of an environment file: clients read the authorities at their start, so other ones are a changed environment. */
export function authorityRemark({ bundlePem }: Pick<EngineAccess, 'bundlePem'>): string {
  return `# ${engineAuthorityPath} has the SHA-256 ${contentHash(bundlePem)}`;
}

/** What is looked at on a search machine, with security on or off, so that a change from one to the other is noticed. */
export function securityPaths({ layout, security }: EngineDefinition): readonly string[] {
  const { authority, generation } = tlsPaths(layout);
  return [authority, generation, ...security.fileNames.map((name) => `${layout.configDirectory}/${name}`)];
}

/** `systemName`: search machines are labelled with it. */
export function securitySettings(
  { layout, security }: EngineDefinition,
  systemName: string,
): Readonly<Record<string, unknown>> {
  return security.settings(tlsPaths(layout), `${systemName}-search-*`);
}

/** The trusted authorities, accounts and roles. An engine reads them again by itself when they change, but those of an engine with an `accountsApi`. */
export function accountFiles(
  { layout, security }: EngineDefinition,
  { bundlePem, users, generation, indices }: EngineAccess,
): ManagedFile[] {
  const files = security.files(users, indices);
  return [
    { path: tlsPaths(layout).authority, mode: '0644', owner: 'root:root', content: bundlePem },
    { path: tlsPaths(layout).generation, mode: '0644', owner: 'root:root', content: `${generation}\n` },
    ...files.map(([name, content]) => ({
      path: `${layout.configDirectory}/${name}`,
      mode: '0640',
      owner: layout.configFiles.owner,
      content,
    })),
  ];
}
