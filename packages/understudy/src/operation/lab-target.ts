// The lab on this host as a target: its own packages, and hardware that the tool controls.
import { totalmem } from 'node:os';
import {
  labDiskRefusal,
  labEndpoint,
  labFreezeDisk,
  labPowerCut,
  labPowerOn,
  labPrepareEngine,
  labSupplies,
} from '@understudy/lab';
import type { Target } from './target.ts';

/** Error: `lab-not-running`. */
export async function labTarget(): Promise<Target> {
  const endpoint = await labEndpoint();
  return {
    name: 'lab',
    baseUrl: endpoint.apiUrl,
    token: endpoint.token,
    repository: () => ({
      uri: endpoint.packageRepository.url,
      suite: 'stable',
      components: ['main'],
      key: { kind: 'url', url: endpoint.packageRepository.keyUrl },
      securityModule: true,
    }),
    supplies: ({ engine, version }) => labSupplies(engine, version),
    prepare: ({ engine, version }, how) => labPrepareEngine(engine, version, how),
    // Its machines are on this host, so host keys are trusted without a time limit.
    firstContactMs: Infinity,
    // Its balancer reloads within a second of the request, on a busy host somewhat later.
    balancerSettleMs: 3_000,
    nameServers: [endpoint.nameServer],
    resolver: endpoint.nameServer,
    production: false,
    fit: { name: 'lab', memoryMb: Math.floor(totalmem() / 2 ** 20) },
    power: () => ({ cut: labPowerCut, restore: labPowerOn }),
    disk: {
      refusal: labDiskRefusal,
      freeze: (label) => labFreezeDisk(label, true),
      thaw: (label) => labFreezeDisk(label, false),
    },
  };
}
