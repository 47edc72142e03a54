// The files of the gateway on a service machine: its socket, its unit and its environment. The release itself is in release.ts.
import { httpPort } from '../engines/index.ts';
import type { Gateway, MachinePlan, Topology } from '../topology/index.ts';
import type { ManagedFile } from './managed-file.ts';
import { gatewayPlace } from './release.ts';
import { authorityRemark, engineAuthorityPath } from './security-files.ts';
import { assignment, engineUrls, sandbox, serviceUnit, type ServiceAccess } from './service-files.ts';

export const gatewayUnit = 'understudy-gateway.service';
export const gatewaySocket = 'understudy-gateway.socket';
const gatewayUnitPath = `/etc/systemd/system/${gatewayUnit}`;
const gatewaySocketPath = `/etc/systemd/system/${gatewaySocket}`;
const gatewayEnvironmentPath = '/etc/understudy/gateway.env';
/** What the running gateway was started with. */
export const gatewayStartedPath = '/run/understudy/gateway-started';
/** A change of one of these starts the gateway again. */
export const gatewayStartPaths = [gatewayEnvironmentPath, gatewayUnitPath] as const;
export const gatewayPaths = [...gatewayStartPaths, gatewaySocketPath] as const;

/** What a gateway that serves answers with 200: its own state, and a request that it has to pass on, for nodes count as up until they are asked. */
export const gatewayUrls = ['/_understudy', '/_cluster/health?local=true'].map(
  (path) => `http://127.0.0.1:${httpPort}${path}`,
);
const probeS = 3;
/** A probe of the observation, as `healthProbe` writes them. */
export const gatewayProbe = `${probeS}:127.0.0.1:${httpPort}/_understudy`;

/** Beyond the longest request that has a deadline, so that the end of the gateway cuts none of them off. */
const stopMarginMs = 1_000;
const killMarginS = 5;

export interface GatewayFilesInput {
  readonly topology: Topology;
  /** All search machines of the topology. */
  readonly searchMachines: readonly MachinePlan[];
  /** How the engine is verified and logged in to; undefined while `search.security` is off. */
  readonly access?: ServiceAccess | undefined;
}

/** Seconds from SIGTERM until systemd kills it. */
export function gatewayStopS({ deadlineMs }: Gateway): number {
  return Math.ceil(gatewayStopMs(deadlineMs) / 1000) + killMarginS;
}

/** The gateway takes 300 s at most. */
function gatewayStopMs(deadlineMs: number): number {
  return Math.min(deadlineMs + stopMarginMs, 300_000);
}

/** Every managed file of the gateway; none when the topology has it off. */
export function gatewayFiles({ topology, searchMachines, access }: GatewayFilesInput): ManagedFile[] {
  const { gateway } = topology.service;
  if (gateway === 'off') return [];
  const environment = {
    GATEWAY_DEADLINE_MS: String(gateway.deadlineMs),
    GATEWAY_ENGINE: engineUrls(searchMachines, access).text,
    GATEWAY_STOP_MS: String(gatewayStopMs(gateway.deadlineMs)),
    ...(access && {
      GATEWAY_CA: engineAuthorityPath,
      GATEWAY_USERNAME: access.user,
      GATEWAY_PASSWORD: access.password.reveal(),
    }),
  };
  const lines = Object.entries(environment).map(([key, value]) => assignment(key, value));
  if (access) lines.push(authorityRemark(access));
  return [
    { path: gatewayEnvironmentPath, mode: '0600', owner: 'root:root', content: `${lines.join('\n')}\n` },
    { path: gatewayUnitPath, mode: '0644', owner: 'root:root', content: unitFile(topology, gateway) },
    { path: gatewaySocketPath, mode: '0644', owner: 'root:root', content: socketFile(topology) },
  ];
}

/** Open while the gateway is replaced: connections wait in its backlog. Its limits are off: whoever connects is on this machine. */
function socketFile({ name }: Topology): string {
  return `[Unit]
Description=Socket of the gateway of ${name}
Before=${serviceUnit}

[Socket]
ListenStream=127.0.0.1:${httpPort}
Backlog=4096
NoDelay=yes
TriggerLimitIntervalSec=0

[Install]
WantedBy=sockets.target
`;
}

function unitFile({ name }: Topology, gateway: Gateway): string {
  return `[Unit]
Description=Gateway of ${name}
Requires=${gatewaySocket}
Wants=network-online.target
After=network-online.target ${gatewaySocket}
Before=${serviceUnit}
StartLimitIntervalSec=0

[Service]
Type=exec
# A user that exists while the gateway runs, and that owns nothing.
DynamicUser=yes
User=understudy-gateway
WorkingDirectory=${gatewayPlace.current}
EnvironmentFile=${gatewayEnvironmentPath}
ExecStartPre=+/bin/sh -c 'PATH=/usr/bin:/bin; mkdir -p /run/understudy && sha256sum ${gatewayStartPaths.join(' ')} > ${gatewayStartedPath} && readlink -f ${gatewayPlace.current} >> ${gatewayStartedPath}'
ExecStart=${gatewayPlace.current}/bin/node gateway.mjs
Restart=always
RestartSec=100ms
KillMode=mixed
KillSignal=SIGTERM
TimeoutStopSec=${gatewayStopS(gateway)}s
# Its connections to the application and to the nodes.
LimitNOFILE=65535
MemoryMax=768M
${sandbox}

[Install]
WantedBy=multi-user.target
`;
}
