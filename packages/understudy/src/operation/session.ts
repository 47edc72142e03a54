// Opens the session of one command: topology file, target, keys, SSH, Linode client. Makes no decisions.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type { IndexTemplate } from '../cluster/index.ts';
import { systemClock, UnderstudyError, type Logger, type Secret } from '@understudy/foundation';
import { createLinodeClient } from '../linode/index.ts';
import {
  createSshRunner,
  ensureKeyPair,
  hostKeysFile,
  privateKeyPath,
  readPublicKeys,
  type KeyPair,
  type PinningRunner,
} from '../machines/index.ts';
import { openAcmeCertificates } from './acme-certificates.ts';
import { certificateFromFiles, type Certificate } from './certificate.ts';
import { consolePassword } from './console-password.ts';
import { indexFilesOf } from './index-file.ts';
import { readSecretValue } from './secret-file.ts';
import { gatewayRelease } from './gateway-release.ts';
import { serviceRelease, type ServiceRelease } from './service-release.ts';
import type { Intent } from './intent-shape.ts';
import { engineOverSsh, type EngineLogin, shownCertificate, type World } from '../observe/index.ts';
import { parseTopology, type Topology } from '../topology/index.ts';
import { currentSecurity, type SystemSecurity } from '../secure/index.ts';
import { securityOf } from './security.ts';
import { serviceKeysOf } from './service-login.ts';
import { keptServiceKeys, type ServiceKeys } from './service-keys/index.ts';
import { keyDirectory } from './own-key.ts';
import { acmeDirectory, hostKeysPathOf, stateDirectory, systemIdOf } from './places.ts';
import { resolveTarget } from './resolve-target.ts';
import type { Target } from './target.ts';

export interface SessionRequest {
  readonly topologyPath: string;
  readonly target: string | undefined;
  readonly logger: Logger;
}

/** The connections of one command. Closing it ends open requests; while it is open, its connections keep the process running. */
export interface Session extends AsyncDisposable {
  /** As it was named; errors about the topology's fields begin with it. */
  readonly topologyPath: string;
  readonly topology: Topology;
  readonly target: Target;
  readonly world: World;
  /** Authority and accounts of the system; undefined while its security is off. */
  readonly security: SystemSecurity | undefined;
  /** Of the service's callers; undefined when the application decides by itself who they are. */
  readonly serviceKeys: ServiceKeys | undefined;
  /** The same as the files have them now: an exchange changes them. */
  readServiceKeys(): Promise<ServiceKeys | undefined>;
  /** The same as the files have it now: an exchange changes it. */
  readSecurity(): Promise<SystemSecurity | undefined>;
  /** The tool's own SSH key for the system. */
  readonly keyPair: KeyPair;
  /** The key was exchanged for this one, which lies in `directory`: new connections log in with it. */
  useKeyPair(keyPair: KeyPair, directory: string): void;
  /** Another runner for the same machines, with another key. Whoever makes it closes it. */
  runnerWith(privateKey: Secret): PinningRunner;
  /** The tool's own SSH key, for the system's `ssh`. */
  readonly privateKeyPath: string;
  /** The host keys that are pinned for this target, in the format of known_hosts. */
  readonly hostKeysPath: string;
}

/** Reads and checks the topology, then connects to the target. Error: `topology-invalid` for a wrong file, before any connection. */
export async function openSession(request: SessionRequest): Promise<Session> {
  const topology = await readTopology(request.topologyPath);
  const target = await resolveTarget(request.target);
  const { logger } = request;
  const security = await securityOf(topology, target.name);
  const readSecurity = () => securityOf(topology, target.name, security);
  const serviceKeys = await serviceKeysOf(topology, target.name);
  let keys = await keyDirectory(systemIdOf({ target, topology }));
  let keyPair = await ensureKeyPair(keys, 'understudy');
  const hostKeysPath = hostKeysPathOf(target.name);
  const closing = new AbortController();
  const hostKeys = hostKeysFile(hostKeysPath, { clock: systemClock, logger, firstContactMs: target.firstContactMs });
  const runnerWith = (privateKey: Secret | (() => Secret)): PinningRunner =>
    createSshRunner({ privateKey, hostKeys, clock: systemClock });
  const runner = runnerWith(() => keyPair.privateKey);
  const world: World = {
    linode: createLinodeClient({ baseUrl: target.baseUrl, token: target.token, logger, signal: closing.signal }),
    runner,
    shownCertificate,
    nameServers: target.nameServers,
    resolver: target.resolver,
    transportFor: (machines) => engineOverSsh(runner, machines, security && (() => currentLogin(security))),
    balancerSettleMs: target.balancerSettleMs,
    clock: systemClock,
    random: Math.random,
    logger,
  };
  const close = async (): Promise<void> => {
    closing.abort(
      new UnderstudyError('cli-session-closed', 'The command has ended, so the open requests to Linode were aborted.'),
    );
    await runner.close();
  };
  return {
    ...{ topologyPath: request.topologyPath, topology, target, world, security, serviceKeys, hostKeysPath },
    readSecurity,
    readServiceKeys: async () => serviceKeys && ((await keptServiceKeys(serviceKeys.directory)) ?? serviceKeys),
    runnerWith,
    get keyPair() {
      return keyPair;
    },
    useKeyPair(next, directory) {
      [keyPair, keys] = [next, directory];
    },
    get privateKeyPath() {
      return privateKeyPath(keys);
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Of the files as they are now; of what is in memory alone until it is kept. */
async function currentLogin(opened: SystemSecurity): Promise<EngineLogin> {
  const { bundlePem, accounts } = (await currentSecurity(opened.directory)) ?? opened;
  return { bundlePem, user: accounts.operator.user, password: accounts.operator.password };
}

/** Error: `topology-unreadable` when there is no such file; `topology-invalid`. */
async function readTopology(path: string): Promise<Topology> {
  const absolute = resolve(path);
  let text: string;
  try {
    text = await readFile(absolute, 'utf8');
  } catch (cause) {
    throw new UnderstudyError(
      'topology-unreadable',
      `The topology file ${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}). ` +
        'Name one, or write an example: understudy init topology.yaml',
      { cause },
    );
  }
  return parseTopology(text, { path: absolute });
}

/** Everything the topology refers to, resolved: keys, release, certificates. Builds the release when it is not cached, or takes the given one. */
export async function resolveIntent(
  session: Session,
  account: Pick<Intent, 'interfaceGeneration'> = {},
  given?: ServiceRelease,
): Promise<Intent> {
  const { target, keyPair } = session;
  const [sshKeys, { release, topology }, gateway, certificates, acme, secrets, indexFiles] = await Promise.all([
    readPublicKeys(session.topology.access.sshKeys),
    given ?? serviceRelease(session.topology, session.topologyPath),
    session.topology.service.gateway === 'off' ? undefined : gatewayRelease(),
    listenerCertificates(session.topology),
    openAcmeCertificates(acmeDirectory(systemIdOf(session)), session.topology, session.world),
    serviceSecrets(session.topology),
    indexFilesOf(session.topology),
  ]);
  return {
    ...account,
    topology,
    authorizedKeys: [keyPair.publicKey, ...sshKeys],
    consolePassword: () => consolePassword(systemIdOf(session)),
    repository: target.repository(topology.search),
    release,
    gatewayRelease: gateway,
    indexTemplate: createRequire(import.meta.url)('@understudy/service/index-template.json') as IndexTemplate,
    indexFiles,
    certificates,
    acme,
    secrets,
    // An exchange in the same session has changed them.
    security: await session.readSecurity(),
    serviceKeys: await session.readServiceKeys(),
  };
}

async function listenerCertificates(topology: Topology): Promise<Record<number, Certificate>> {
  const given: Record<number, Certificate> = {};
  for (const { port, certificate } of topology.balancer.listeners) {
    if (typeof certificate !== 'object' || 'acme' in certificate) continue;
    given[port] = await certificateFromFiles(certificate.certPath, certificate.keyPath);
  }
  return given;
}

async function serviceSecrets({ service }: Topology): Promise<Record<string, Secret>> {
  const read = Object.entries(service.secrets).map(
    async ([name, path]) => [name, await readSecretValue(path, `service.secrets.${name}`)] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}

/** The directory of operation locks. */
export function locksDirectory(): string {
  return join(stateDirectory(), 'locks');
}

/** Where drill runs are kept. */
export function runsDirectory(): string {
  return join(stateDirectory(), 'runs');
}
