// What an engine has to know of its own security: where keys and certificates lie on a machine, and which accounts it has.
import { httpPort, type EngineLayout } from './layout.ts';

/** operator: the tool's own. service: the application's, for its indices alone. monitor: reads the state of the cluster, no document. */
export const accountNames = ['operator', 'service', 'monitor'] as const;
export type AccountName = (typeof accountNames)[number];

/** How the engine knows the account. */
export function userOf(account: AccountName): string {
  return `understudy-${account}`;
}

/** Somebody whom the engine lets in. While passwords are exchanged, an account has two of them. */
export interface EngineUser {
  readonly account: AccountName;
  readonly user: string;
  /** bcrypt. */
  readonly hash: string;
}

/** Where a node answers inside the VPC. */
export function engineUrl(address: string, secured: boolean): string {
  return `${secured ? 'https' : 'http'}://${address}:${httpPort}`;
}

export interface TlsPaths {
  readonly directory: string;
  /** Readable by the engine's user alone. */
  readonly key: string;
  readonly certificate: string;
  /** The authorities that are trusted. */
  readonly authority: string;
  /** Which state of the operator's authority and accounts the machine was given last. */
  readonly generation: string;
}

/** Inside the engine's configuration, since it may read keys only there. */
export function tlsPaths({ configDirectory }: EngineLayout): TlsPaths {
  const directory = `${configDirectory}/understudy`;
  return {
    directory,
    key: `${directory}/node.key`,
    certificate: `${directory}/node.crt`,
    authority: `${directory}/authority.crt`,
    generation: `${directory}/generation`,
  };
}

/** An index that the service account may use, by every name it has. */
export interface SecuredIndex {
  readonly names: readonly string[];
  /** The application makes the index and its mapping itself. */
  readonly ownMapping: boolean;
}

/** A user, a role, or who has a role, as the engine's API shows it. */
export interface AccountObject {
  /** Path of its kind; the object's own path has its name after it. */
  readonly part: string;
  readonly name: string;
  readonly body: object;
}

/** The HTTP interface of an engine that keeps its accounts in an index: the files are read once, at the first start of a cluster. */
export interface AccountsApi {
  /** Each answers GET with all objects of one kind, by name. */
  readonly parts: readonly string[];
  /** Every object that has to be there. PUT of the body at part/name makes it so. */
  readonly wanted: (users: readonly EngineUser[], indices: readonly SecuredIndex[]) => readonly AccountObject[];
  /** Fields that are written and never shown. */
  readonly neverShown: readonly string[];
  /** Whether the shown object was written by this tool, so that it is removed when it is no longer wanted. */
  readonly isOwn: (part: string, shown: unknown) => boolean;
}

/** How one engine is told to serve TLS on both layers to known users alone. */
export interface EngineSecurity {
  /** `searchLabels`: a pattern that the labels of search machines have, and of no other machine: `demo-search-*`. */
  readonly settings: (paths: TlsPaths, searchLabels: string) => Readonly<Record<string, unknown>>;
  /** Files of accounts and roles: the name within the engine's configuration, and the content. */
  readonly files: (
    users: readonly EngineUser[],
    indices: readonly SecuredIndex[],
  ) => readonly (readonly [name: string, content: string])[];
  /** The names of those files. */
  readonly fileNames: readonly string[];
  /** Left out where the engine reads changed files by itself. */
  readonly accountsApi?: AccountsApi;
}
