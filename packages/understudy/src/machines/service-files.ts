// The files of a service machine: its unit and its environment. The release itself is in release.ts.
import { oncePer, type Secret } from '@understudy/foundation';
import { answersChallenges, type MachinePlan, type Topology } from '../topology/index.ts';
import { engineUrl, httpPort } from '../engines/index.ts';
import { challengeDirectory } from './challenge-files.ts';
import { kernelFiles } from './kernel-files.ts';
import type { ManagedFile } from './managed-file.ts';
import { currentRelease } from './release.ts';
import { authorityRemark, engineAuthorityFile, engineAuthorityPath } from './security-files.ts';
import { upkeepFiles } from './upkeep-files.ts';

export const serviceUnit = 'understudy-service.service';
export const serviceUnitPath = `/etc/systemd/system/${serviceUnit}`;
export const serviceEnvironmentPath = '/etc/understudy/service.env';
export const serviceStartedPath = '/run/understudy/service-started';
/** Exists from the moment when the tool stops a service whose machine it has drained until the service starts again. */
export const serviceDrainedPath = '/run/understudy/service-drained';
export const serviceUser = 'understudy';
/** Who may call it. */
export const serviceKeysPath = '/etc/understudy/service-keys.json';
/** With which service machines know each other. */
export const servicePeersPath = '/etc/understudy/service-peers';

/** Idempotent: the service never runs as root. */
export const ensureServiceUser = `id ${serviceUser} >/dev/null 2>&1 || useradd --system --home-dir /var/lib/${serviceUser} --shell /usr/sbin/nologin ${serviceUser}`;

export interface ServiceFilesInput {
  readonly topology: Topology;
  readonly machine: MachinePlan;
  /** All search machines of the topology. */
  readonly searchMachines: readonly MachinePlan[];
  /** Service machines that take this one's requests when the engine is out of its reach alone. */
  readonly peers: readonly MachinePlan[];
  /** Values of `service.secrets`, by variable. */
  readonly secrets: Readonly<Record<string, Secret>>;
  /** How the engine is verified and logged in to; undefined while `search.security` is off. */
  readonly access?: ServiceAccess | undefined;
  /** Where users who come by http are sent; undefined when they are served. */
  readonly httpsPort?: number | undefined;
  /** Undefined when the application decides by itself who may call it. */
  readonly login?: ServiceLogin | undefined;
}

/** How the service knows its callers. */
export interface ServiceLogin {
  /** Whether it has a file of keys, and one of secrets with which service machines know each other; not when it is public. */
  readonly hasKeys: boolean;
  /** From where the balancer asks. */
  readonly balancerNetwork: string;
}

/** Where the application finds the gateway; the name, because that is what applications have as their default. */
const gatewayUrl = `http://localhost:${httpPort}`;

export interface ServiceAccess {
  /** The authorities that sign engines, PEM. */
  readonly bundlePem: string;
  /** The service account. */
  readonly user: string;
  readonly password: Secret;
}

const urlsOf = (secured: boolean) =>
  oncePer((searchMachines: readonly MachinePlan[]) => {
    const all = searchMachines.map(({ vpcAddress }) => engineUrl(vpcAddress, secured));
    return { all, text: all.join(',') };
  });
const [plainUrls, securedUrls] = [urlsOf(false), urlsOf(true)];

/** Of all nodes, the same for every service machine. */
export function engineUrls(searchMachines: readonly MachinePlan[], access: ServiceAccess | undefined) {
  return (access ? securedUrls : plainUrls)(searchMachines);
}

/** For an application that takes one address: the gateway, else another node on each service machine, so that not all lose theirs together. */
function oneEngineUrl(urls: readonly string[], { topology, machine: { ordinal } }: ServiceFilesInput): string {
  if (topology.service.gateway !== 'off') return gatewayUrl;
  return urls[(ordinal - 1) % urls.length] ?? '';
}

/** Where programs of the release are found by others of it, such as the node of a script in node_modules/.bin. */
const searchPath = [...['venv/bin', 'node_modules/.bin', 'bin'].map((place) => `${currentRelease}/${place}`)]
  .concat(['/usr/local/bin', '/usr/bin', '/bin'])
  .join(':');

/** Environment of the service: where the engine is, where to listen, then what the topology adds or overrides. */
function serviceEnvironment(input: ServiceFilesInput): Readonly<Record<string, string>> {
  const { topology, machine } = input;
  const urls = engineUrls(input.searchMachines, input.access);
  const { httpsPort } = input;
  return {
    ...(answersChallenges(topology) ? { ACME_CHALLENGES: challengeDirectory } : {}),
    // How long the service says no to the balancer's check before it stops: what the check needs to notice, and a second.
    DRAINED_FILE: serviceDrainedPath,
    DRAIN_MS: String((topology.balancer.check.intervalS * topology.balancer.check.attempts + 1) * 1000),
    ES_HOST: oneEngineUrl(urls.all, input),
    ES_HOSTS: urls.text,
    // Behind the gateway the application needs no login, and has none.
    ...(topology.service.gateway === 'off' ? accessVariables(input.access) : {}),
    ...loginVariables(topology, input.login),
    ...(httpsPort === undefined ? {} : { HTTPS_PORT: String(httpsPort) }),
    HOST: listenAddress(topology, machine),
    INDEX: topology.search.index.name,
    PATH: searchPath,
    PEERS: input.peers.map(({ vpcAddress }) => `http://${vpcAddress}:${topology.service.port}`).join(','),
    PORT: String(topology.service.port),
    WORKERS: String(topology.service.workers),
    ...topology.service.environment,
    ...Object.fromEntries(Object.entries(input.secrets).map(([name, value]) => [name, value.reveal()])),
  };
}

/** The variables of the built-in service and of the examples. */
function accessVariables(access: ServiceAccess | undefined): Readonly<Record<string, string>> {
  if (!access) return {};
  return { ES_CA: engineAuthorityPath, ES_USERNAME: access.user, ES_PASSWORD: access.password.reveal() };
}

function loginVariables(
  { service: { auth }, network }: Topology,
  login: ServiceLogin | undefined,
): Readonly<Record<string, string>> {
  if (!login || auth === 'none') return {};
  return {
    AUTH: typeof auth === 'string' ? auth : 'jwks',
    AUTH_BALANCER: login.balancerNetwork,
    AUTH_INSIDE: `127.0.0.0/8,::1,${network.range}`,
    ...(login.hasKeys ? { AUTH_KEYS_FILE: serviceKeysPath } : {}),
    ...(typeof auth === 'string'
      ? {}
      : { AUTH_AUDIENCE: auth.audience, AUTH_ISSUER: auth.issuer, AUTH_JWKS_URL: auth.jwks }),
    ...(login.hasKeys ? { PEER_SECRET_FILE: servicePeersPath } : {}),
  };
}

/** The private address is known only when the machine exists, so the service takes any; the firewall lets in the balancer. */
function listenAddress({ balancer }: Topology, machine: MachinePlan): string {
  return balancer.backends === 'private' ? '0.0.0.0' : machine.vpcAddress;
}

/** One `EnvironmentFile` assignment; systemd takes shell-like double quotes there. */
export function assignment(key: string, value: string): string {
  return `${key}="${value.replace(/[\\"`$]/g, (character) => `\\${character}`)}"`;
}

/** One word of a systemd command line: `%` and `$` are systemd's own. */
function unitWord(word: string): string {
  const escaped = word.replaceAll('%', '%%').replaceAll('$', '$$$$').replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** The start command with its words filled in; a program given as a relative path lies in the release. */
function startCommand(input: ServiceFilesInput): string {
  const { service } = input.topology;
  const values: Readonly<Record<string, string>> = {
    '{host}': listenAddress(input.topology, input.machine),
    '{port}': String(service.port),
    '{workers}': String(service.workers),
  };
  const words = service.command.map((word) =>
    word.replace(/\{(\{\w+\})\}|\{\w+\}/g, (name, literal?: string) => literal ?? values[name] ?? name),
  );
  const [program = '', ...rest] = words;
  const located = program.includes('/') && !program.startsWith('/') ? `${currentRelease}/${program}` : program;
  return [located, ...rest].map(unitWord).join(' ');
}

/**
 * What neither the service nor the gateway may do, as lines of a unit. Programs may make memory executable (Node and Java compile as they
 * run), and ask about processors and memory in /proc; a system call beyond those of ordinary services fails with EPERM.
 */
export const sandbox = `NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
KeyringMode=private
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM`;

function unitFile(input: ServiceFilesInput): string {
  return `[Unit]
Description=Service of ${input.topology.name}
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
User=${serviceUser}
Group=${serviceUser}
WorkingDirectory=${currentRelease}
EnvironmentFile=${serviceEnvironmentPath}
ExecStartPre=+/bin/sh -c 'PATH=/usr/bin:/bin; mkdir -p /run/understudy && rm -f ${serviceDrainedPath} && sha256sum ${serviceEnvironmentPath} ${serviceUnitPath} > ${serviceStartedPath} && readlink -f ${currentRelease} >> ${serviceStartedPath}'
ExecStart=${startCommand(input)}
Restart=always
RestartSec=1s
KillMode=mixed
KillSignal=SIGTERM
TimeoutStopSec=${input.topology.service.stopS}s
LimitNOFILE=65535
${sandbox}
StateDirectory=understudy

[Install]
WantedBy=multi-user.target
`;
}

/** Every managed file of a service machine. The environment may hold secrets: root alone reads it, systemd hands it on. */
export function serviceFiles(input: ServiceFilesInput): ManagedFile[] {
  const environment = Object.entries(serviceEnvironment(input)).map(([key, value]) => assignment(key, value));
  if (input.access && input.topology.service.gateway === 'off') environment.push(authorityRemark(input.access));
  return [
    { path: serviceEnvironmentPath, mode: '0600', owner: 'root:root', content: `${environment.join('\n')}\n` },
    { path: serviceUnitPath, mode: '0644', owner: 'root:root', content: unitFile(input) },
    ...(input.access ? [engineAuthorityFile(input.access)] : []),
    ...kernelFiles('service', input.topology.search.failover),
    ...upkeepFiles,
  ];
}
