// The files of a search machine: engine settings, JVM heap, systemd drop-in. Pure values; the same input gives the same bytes.
import type { MachinePlan, Topology } from '../topology/index.ts';
import { stringify } from 'yaml';
import { oncePer } from '@understudy/foundation';
import {
  engineLayouts,
  engineNamed,
  failoverProfiles,
  httpPort,
  transportPort,
  type EngineDefinition,
  type EngineLayout,
} from '../engines/index.ts';
import { accountFiles, securityPaths, securitySettings, type EngineAccess } from './security-files.ts';
import { kernelFiles } from './kernel-files.ts';
import { upkeepFiles } from './upkeep-files.ts';
import type { ManagedFile } from './managed-file.ts';

/** `formed` is the lasting form. `bootstrap` names the initial masters and is written only until the cluster has formed once. */
export type EngineForm = 'formed' | 'bootstrap';

export interface SearchFilesInput {
  readonly topology: Topology;
  readonly machine: MachinePlan;
  /** All search machines of the topology. */
  readonly peers: readonly MachinePlan[];
  readonly securityModule: boolean;
  /** What the engine is secured with; undefined while `search.security` is off. */
  readonly access?: EngineAccess | undefined;
}

function yaml(settings: object): string {
  return Object.keys(settings).length === 0 ? '' : stringify(settings, { lineWidth: 0 });
}

// As long as the system is big, and the same on each of its machines.
const seedHosts = oncePer((peers: readonly MachinePlan[]) =>
  peers.map((peer) => `${peer.vpcAddress}:${transportPort}\n`).join(''),
);
const nodeNames = oncePer((peers: readonly MachinePlan[]) => peers.map(({ label }) => label));
const initialMasters = oncePer((peers: readonly MachinePlan[]) =>
  oncePer(({ settings }: EngineDefinition) => yaml({ [settings.initialMasters]: nodeNames(peers) })),
);

/** The engine's settings file. The engine listens inside the VPC and on loopback, never on the public address. */
export function engineSettings(input: SearchFilesInput, form: EngineForm): string {
  const { topology, machine, peers } = input;
  const engine = engineNamed(topology.search.engine);
  const { layout, settings } = engine;
  const own = {
    'cluster.name': topology.name,
    'node.name': machine.label,
    'node.roles': settings.roles,
    'path.data': layout.dataDirectory,
    'path.logs': layout.logDirectory,
    'network.bind_host': [machine.vpcAddress, '127.0.0.1'],
    'network.publish_host': machine.vpcAddress,
    'http.port': httpPort,
    'transport.port': transportPort,
    // A file that the engine reads anew by itself: more or fewer machines need no restart of the others.
    'discovery.seed_providers': 'file',
  };
  const shared = {
    // The vendor's package turns security on without certificates, and then refuses to form a cluster of several machines.
    ...(input.access ? securitySettings(engine, topology.name) : input.securityModule ? settings.securityOff : {}),
    ...settings.failover[topology.search.failover],
    ...failoverProfiles[topology.search.failover].engine,
    ...(topology.search.recoveryMb === undefined
      ? {}
      : { 'indices.recovery.max_bytes_per_sec': `${topology.search.recoveryMb}mb` }),
  };
  return [
    '# Written by understudy apply; edits are put back.\n',
    yaml(own),
    form === 'bootstrap' ? initialMasters(peers)(engine) : '',
    yaml(shared),
  ].join('');
}

export const engineStartedPath = '/run/understudy/engine-started';

/** Notes what the engine was started with, so that a file changed since then is told from one in use. */
function recordStart(paths: readonly string[]): string {
  return `ExecStartPre=+/bin/sh -c 'mkdir -p /run/understudy && sha256sum ${paths.join(' ')} > ${engineStartedPath}'`;
}

function dropIn(layout: EngineLayout, startedWith: readonly string[]): string {
  return `[Unit]
StartLimitIntervalSec=0

[Service]
${recordStart(startedWith)}
Restart=always
# The others elect and promote first: a starting engine takes every core it gets, on shared hosts theirs too.
RestartSec=4s
LimitNOFILE=65535
LimitNPROC=4096
LimitMEMLOCK=infinity
# OpenSearch's unit gives a slow machine 75 s to begin, and would then start the engine again and again.
TimeoutStartSec=900s
# The vendor's unit waits for the engine without bound; a machine that shuts down must not.
TimeoutStopSec=60s
SendSIGKILL=yes
# ${layout.packageName} exits with 143 on SIGTERM, which is success.
SuccessExitStatus=143
`;
}

/** Where the engine looks for the others, in both engines. */
function seedHostsPath(layout: EngineLayout): string {
  return `${layout.configDirectory}/unicast_hosts.txt`;
}

function heapPath(layout: EngineLayout): string {
  return `${layout.configDirectory}/jvm.options.d/understudy.options`;
}

export function managedSearchPaths(engine: EngineDefinition): readonly string[] {
  const { layout } = engine;
  return [...engineStartPaths(layout), seedHostsPath(layout), dropInPath(layout), ...securityPaths(engine)];
}

function dropInPath(layout: EngineLayout): string {
  return `/etc/systemd/system/${layout.unit}.d/60-understudy.conf`;
}

/** Paths whose content only a restart of the engine takes up. */
export function engineStartPaths(layout: EngineLayout): readonly string[] {
  return [layout.configFile, heapPath(layout)];
}

/** Every managed file of a search machine. */
export function searchFiles(input: SearchFilesInput, form: EngineForm): ManagedFile[] {
  const { search } = input.topology;
  const layout = engineLayouts[search.engine];
  const { owner, mode } = layout.configFiles;
  const heap = `# Written by understudy apply.\n-Xms${search.heapMb}m\n-Xmx${search.heapMb}m\n`;
  return [
    { path: layout.configFile, mode, owner, content: engineSettings(input, form) },
    { path: heapPath(layout), mode: '0640', owner, content: heap },
    { path: seedHostsPath(layout), mode: '0640', owner, content: seedHosts(input.peers) },
    {
      path: dropInPath(layout),
      mode: '0644',
      owner: 'root:root',
      content: dropIn(layout, engineStartPaths(layout)),
    },
    ...(input.access ? accountFiles(engineNamed(search.engine), input.access) : []),
    ...kernelFiles('search', search.failover),
    ...upkeepFiles,
  ];
}
