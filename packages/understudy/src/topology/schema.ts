// The topology file as its author writes it: shape, defaults, and the words of every field. What depends on more than one
// field is in refusals.ts; resolving what is left open is in resolve.ts.
import { engineNames, failoverProfileNames } from '../engines/index.ts';
import { z } from 'zod';
import { field } from './field.ts';
import { balancer } from './schema-balancer.ts';
import { index } from './schema-index.ts';
import { machineType } from './schema-parts.ts';
import { service } from './schema-service.ts';
import { workload } from './schema-workload.ts';

const cidr = z.string().regex(/^\d+\.\d+\.\d+\.\d+\/\d+$/);
const network = z.strictObject({
  range: field(cidr.default('10.20.0.0/24'), {
    about: 'Private range (RFC 1918) of the one subnet that holds every machine.',
    examples: ['10.20.0.0/24', '10.20.0.0/20'],
    allowed: 'an IPv4 range such as 10.20.0.0/24',
    remedy: 'write a range of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/17, from /8 to /26',
  }),
  balancerRange: field(cidr.optional(), {
    about: 'The /30 inside `range` from which the balancer connects to its backends. Default: the last free one.',
    examples: ['10.20.0.248/30'],
    allowed: 'a /30 inside network.range, such as 10.20.0.248/30',
    remedy: 'leave it out, and the last free /30 is taken',
  }),
});

const search = field(
  z.strictObject({
    engine: field(z.enum(engineNames).default('elasticsearch'), {
      about: 'The search engine.',
      allowed: engineNames.join(' or '),
      remedy: 'choose one of them',
    }),
    version: field(z.string().regex(/^\d+\.\d+\.\d+$/), {
      about: 'The engine version, in full.',
      examples: ['9.5.3', '3.4.0'],
      allowed: 'a full version such as 9.5.3, quoted when YAML would read it as a number',
      remedy: 'write the three numbers of a released version',
    }),
    nodes: field(z.int().min(3).max(999).default(3), {
      about: 'Search machines; each may become master and holds data. Odd, three at least.',
      allowed: 'an odd whole number, 3 at least',
      remedy: 'set 3: a cluster needs a majority to elect a master, and one of two is not a majority',
    }),
    machineType: field(machineType.default('g6-standard-4'), {
      about: 'Linode type of the search machines.',
      examples: ['g6-standard-4', 'g6-dedicated-4'],
      allowed: 'the id of a Linode type, such as g6-standard-4',
      remedy: 'take an id from `linode-cli linodes types`',
    }),
    heap: field(
      z
        .string()
        .regex(/^[1-9]\d*[mMgG]$/)
        .optional(),
      {
        about: "The engine's heap. Default: half of the machine's memory, 31g at most.",
        examples: ['512m', '4g'],
        allowed: 'a size such as 512m or 4g',
        remedy: 'write a whole number followed by m or g',
      },
    ),
    failover: field(z.enum(failoverProfileNames).default('fast'), {
      about:
        "How soon a failed or hanging machine is detected: the vendor's defaults, Elastic's recommendations, or the " +
        'fastest settings that were measured without false failovers.',
      allowed: 'stock, safe or fast',
      remedy: 'leave it out for fast',
    }),
    security: field(z.enum(['on', 'off']).default('off'), {
      about:
        'on: TLS between the engines and to them, with an authority of this system, and users with passwords. The package needs its ' +
        "vendor's security module. It is chosen before the first apply.",
      allowed: 'on or off',
      remedy: 'leave it out for off',
    }),
    recoveryMb: field(z.int().min(1).max(10_000).optional(), {
      about:
        "Megabytes a second with which each machine copies shards from and to others. Default: the engine's own, 40. A change " +
        'restarts the engines one by one.',
      examples: [100],
      allowed: 'a whole number from 1 to 10000',
      remedy: "leave it out for the engine's own",
    }),
    index: field(index.optional(), {
      about: 'The one index that the service uses; the short form of `indices` with one entry.',
      allowed: 'a mapping with name, shards, replicas, durability, template, aliases',
      remedy: 'leave it out for the defaults',
    }),
    indices: field(z.array(index).min(1).max(100).optional(), {
      about:
        'Several indices, in place of `index`. The first is the one that the service is told of (INDEX) and drills use.',
      examples: [[{ name: 'articles' }, { name: 'authors', shards: 1 }]],
      allowed: 'a list of mappings with name, shards, replicas, durability, template, aliases',
      remedy: 'leave it out, and describe one index under search.index',
    }),
  }),
  {
    about: 'The search cluster.',
    allowed: 'a mapping with at least version',
    remedy: 'write search: {version: 9.5.3}',
  },
);

const adminNetwork = field(cidr, {
  about: 'A network that may reach SSH.',
  allowed: 'an IPv4 range such as 203.0.113.7/32',
  remedy: 'write your own public address followed by /32, in place of YOUR-ADDRESS where init left that',
});

const access = field(
  z.strictObject({
    sshKeys: field(z.array(z.string().min(1)).default([]), {
      about:
        "Public keys that may log in as root beside the tool's own: files (relative to this file) or whole keys. Every other key is removed from the machines by the next apply.",
      examples: [['~/.ssh/id_ed25519.pub']],
      allowed: 'a list of paths or public keys',
      remedy: "leave it out for the tool's own key alone",
    }),
    adminNetworks: field(z.array(adminNetwork).min(1).max(255), {
      about: 'Networks that may reach SSH, as CIDR ranges.',
      examples: [['203.0.113.7/32']],
      allowed: 'a list of IPv4 ranges such as 203.0.113.7/32',
      remedy: 'write your own public address followed by /32',
    }),
  }),
  {
    about: 'Who may administer the machines.',
    allowed: 'a mapping with adminNetworks',
    remedy: 'write access: {adminNetworks: [203.0.113.7/32]} with your own address',
  },
);

const milliseconds = z.int().min(0).max(86_400_000).optional();
const millisecondsText = { allowed: 'whole milliseconds', remedy: "leave it out for the drill's own goal" } as const;

const goals = z.strictObject({
  longestWriteGapMs: field(milliseconds, { about: 'Longest time without a successful write.', ...millisecondsText }),
  longestReadGapMs: field(milliseconds, { about: 'Longest time without a successful read.', ...millisecondsText }),
  clientErrorRatio: field(z.number().min(0).max(1).optional(), {
    about: 'Failed requests of users as a share of all; 0.001 is one in a thousand.',
    allowed: 'a number from 0 to 1',
    remedy: "leave it out for the drill's own goal",
  }),
  recoveryTimeMs: field(milliseconds, { about: 'From the fault until steady state holds.', ...millisecondsText }),
  reprotectedMs: field(milliseconds, { about: 'From the fault until every copy is in place.', ...millisecondsText }),
});

const drills = z.strictObject({
  goals: field(z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), goals).default({}), {
    about: 'Goals of your own, by the name of a drill; the drill has its own for what is left out.',
    examples: [{ 'search-power-cut': { longestWriteGapMs: 5000 } }],
    allowed: 'a mapping of drill names to goals',
    remedy: 'take the names from `understudy drill list`',
  }),
  snapshot: field(
    z
      .union([z.literal('not-required'), z.strictObject({ maxAgeHours: z.int().min(1).max(8760).default(24) })])
      .default({ maxAgeHours: 24 }),
    {
      about:
        'On a real region a drill starts only when a snapshot of the index is younger than this; `not-required` for documents ' +
        'that can be made again.',
      examples: [{ maxAgeHours: 24 }, 'not-required'],
      allowed: 'a mapping with maxAgeHours (1 to 8760), or not-required',
      remedy: 'leave it out for {maxAgeHours: 24}',
    },
  ),
  workload: field(workload.optional(), {
    about:
      'How drills use an application of your own: how it is written to and read, and which answers prove what. Default: the ' +
      'API of the service that comes with the tool.',
    allowed: 'a mapping with write, get, search, stored',
    remedy: 'leave it out for the API of the built-in service; docs/drills.md has examples',
  }),
  allowSelfPowerCut: field(z.boolean().default(false), {
    about: 'On a real region, lets a power-cut drill power off a machine from inside, by its own kernel.',
    allowed: 'true or false',
    remedy: 'leave it out for false',
  }),
});

/** The file's own shape. `z.input` of it is what an author may write, `z.output` has every independent default. */
export const topologyFile = field(
  z.strictObject({
    name: field(
      z
        .string()
        .regex(/^[a-z](?:-?[a-z0-9])*$/)
        .max(16),
      {
        about: 'Prefix of every label and tag; it distinguishes this system from others on the account.',
        examples: ['demo'],
        allowed: '1 to 16 of a-z, 0-9 and single dashes, first a letter, last no dash',
        remedy: 'choose a shorter or simpler name, such as demo',
      },
    ),
    region: field(z.string().regex(/^[a-z]{2}(?:-[a-z0-9]+)+$/), {
      about: 'Linode region with VPCs, NodeBalancers, placement groups and metadata.',
      examples: ['us-ord', 'de-fra-2'],
      allowed: 'a region id such as us-ord',
      remedy: 'take an id from `linode-cli regions list`',
    }),
    image: field(
      z
        .string()
        .regex(/^(?:linode|private)\/[a-z0-9._-]+$/)
        .default('linode/debian13'),
      {
        about: 'Image of every machine; it must read the metadata service (cloud-init).',
        allowed: 'an image id such as linode/debian13',
        remedy: 'leave it out for linode/debian13',
      },
    ),
    placement: field(
      z.strictObject({ policy: field(z.enum(['strict', 'flexible']).default('strict'), placementText()) }).prefault({}),
      {
        about: 'How machines of one role are kept on different hosts.',
        allowed: 'a mapping with policy',
        remedy: 'leave it out for strict',
      },
    ),
    network: field(network.prefault({}), {
      about: 'The private network.',
      allowed: 'a mapping with range and balancerRange',
      remedy: 'leave it out for 10.20.0.0/24',
    }),
    search,
    service: field(service.prefault({}), {
      about: 'The HTTP service in front of the cluster.',
      allowed: 'a mapping',
      remedy: 'leave it out for the service that comes with the tool, on two machines',
    }),
    balancer: field(balancer.prefault({}), {
      about: 'The NodeBalancer in front of the service.',
      allowed: 'a mapping',
      remedy: 'leave it out for http on port 80',
    }),
    access,
    drills: field(drills.prefault({}), {
      about: 'What failure drills must reach, and what they may do.',
      allowed: 'a mapping with goals, snapshot, workload and allowSelfPowerCut',
      remedy: 'leave it out for the goals of the drills',
    }),
  }),
  {
    about: 'What should exist: a search cluster, a service in front of it, a balancer in front of that.',
    allowed: 'a mapping with at least name, region, search and access',
    remedy: 'start from `understudy init`',
  },
);

function placementText() {
  return {
    about:
      'strict: one group a role, 5 machines at most, a machine without a host of its own is not created. flexible: as many ' +
      'groups as needed, best effort.',
    allowed: 'strict or flexible',
    remedy: 'leave it out for strict',
  };
}

export type TopologyFile = z.output<typeof topologyFile>;
