// The shape of a status: what `status --json` prints. The schema is the documentation, and the type follows from it.
import { z } from 'zod';
import { clusterHealthSchema } from '../cluster/index.ts';

const healthState = z
  .enum(['healthy', 'degraded', 'down', 'unknown'])
  .describe(
    'healthy: as the topology asks; degraded: serves, but less than asked; down: does not serve; unknown: not seen',
  );

const finding = z.object({
  id: z.string().describe('Stable: what kind of thing was found, in kebab-case'),
  verdict: z.enum(['degraded', 'down', 'unknown']),
  subject: z.string().describe('Subject: a machine, an index, the cluster, the balancer'),
  reason: z.string().describe('What is observed, and its cause'),
  effect: z.string().describe('Effect on users'),
  repair: z.string().describe('The command that repairs it, or what a person has to do'),
  cause: z
    .string()
    .optional()
    .describe('Stable: why the balancer does not send users to a service machine, in kebab-case'),
});

const notice = z.object({
  id: z.string().describe('Stable: what kind of thing was found, in kebab-case'),
  subject: z.string().describe('Subject'),
  reason: z.string().describe('What is observed, and its cause'),
  repair: z.string().describe('The command that repairs it, or what a person has to do'),
});

const machine = z.object({
  name: z.string(),
  role: z.enum(['search', 'service']),
  status: z.string().describe('Status of the instance at Linode, or `missing`'),
  addresses: z.object({ public: z.string().nullable(), vpc: z.string() }),
  engineUrl: z
    .string()
    .nullable()
    .describe('Where the engine listens inside the VPC; https while `search.security` is on; null on service machines'),
  reachable: z.boolean().describe('Whether it answered over SSH'),
  unit: z.string().nullable().describe('State of the engine or service unit in systemd; null when not seen'),
  release: z
    .string()
    .nullable()
    .describe('Release of the service that is current; null on search machines or when not seen'),
  gateway: z.string().nullable().describe('State of the gateway unit in systemd; null when there is none, or not seen'),
});

const shard = z.object({
  index: z.string(),
  shard: z.number().int(),
  primary: z.boolean(),
  state: z.string().describe('STARTED, INITIALIZING, RELOCATING or UNASSIGNED'),
  node: z.string().nullable(),
});

const balancerNode = z.object({
  name: z.string(),
  address: z.string().describe('ip:port of the service'),
  listener: z.number().int().describe('Port for users'),
  status: z.string().describe('Result of the health check by the balancer: UP, DOWN or Unknown'),
  mode: z.string().describe('accept, reject, drain or backup'),
});

export const statusSchema = z.object({
  schemaVersion: z.literal(2),
  name: z.string(),
  region: z.string(),
  at: z.string().describe('When this was seen, RFC 3339 in UTC'),
  verdict: healthState,
  reasons: z.array(z.string()).describe('Why the verdict is not healthy, the worst first; empty when it is'),
  findings: z.array(finding).describe('The same, each with its parts'),
  notices: z.array(notice).describe('What needs attention later and does not change the verdict'),
  foreign: z
    .array(notice)
    .describe(
      'Indices of the cluster that are not healthy and that the topology does not name; never part of the verdict',
    ),
  cluster: z.object({
    answered: z.boolean(),
    health: clusterHealthSchema
      .nullable()
      .describe("The engine's own health fields; null when there is no answer or no master"),
    master: z.string().nullable(),
    nodes: z.array(z.string()),
    voting: z.array(z.string()),
    allocation: z.string().nullable(),
  }),
  machines: z.array(machine),
  shards: z.array(shard),
  balancer: z.object({
    urls: z.array(z.string()),
    nodes: z.array(balancerNode),
  }),
});

export type Status = z.infer<typeof statusSchema>;
export type HealthState = Status['verdict'];

/** JSON Schema 2020-12 of a status. */
export function statusJsonSchema(): object {
  return z.toJSONSchema(statusSchema, { target: 'draft-2020-12' });
}
