// A region of a few machines for what is done over SSH: the runner's port is played by a function.
import type { Writable } from 'node:stream';
import { systemClock, UnderstudyError } from '@understudy/foundation';
import type { RemoteRunner, StreamOptions } from '../../src/machines/index.ts';
import type { World } from '../../src/observe/index.ts';
import { machinePlans, parseTopology } from '../../src/topology/index.ts';

export const topology = parseTopology(
  `name: demo
region: us-ord
access: { adminNetworks: [198.18.0.1/32] }
search: { version: 9.5.3, heap: 512m }
`,
  { path: '/topologies/demo.yaml' },
);

export type Play = (
  label: string,
  argv: readonly string[],
  output: { readonly stdout: Writable; readonly stderr: Writable; readonly signal: AbortSignal | undefined },
) => Promise<number>;

/** Machines in `off` exist and do not run; those in `silent` run and cannot be reached. */
export function smallWorld(
  play: Play,
  { off = [], silent = [] }: { readonly off?: readonly string[]; readonly silent?: readonly string[] } = {},
): World {
  const instances = machinePlans(topology).map(({ label }, at) => ({
    ...{ id: at + 1, label, tags: ['understudy:demo'], status: off.includes(label) ? 'offline' : 'running' },
    ...{ ipv4: [`198.18.0.${at + 10}`], created: '2026-11-24T07:00:00' },
  }));
  const runner: Pick<RemoteRunner, 'stream'> = {
    stream: ({ label }, argv, { stdout, stderr, signal }: StreamOptions) =>
      silent.includes(label)
        ? Promise.reject(new UnderstudyError('machines-unreachable', `${label} cannot be reached over SSH: timed out.`))
        : play(label, argv, { stdout, stderr, signal }),
  };
  return { linode: { instances: { list: () => Promise.resolve(instances) } }, runner, clock: systemClock } as never;
}
