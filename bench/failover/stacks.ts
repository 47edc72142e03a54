// The stacks that are compared: three profiles of this project, the fastest of them without TLS, and the article's own. Each is a system of its own name, on
// machines made for it, so that no setting of one remains in another.
import { fileURLToPath } from 'node:url';
import type { FailoverProfile } from '../../packages/understudy/src/engines/index.ts';

export type StackName = 'stock' | 'safe' | 'fast' | 'plain' | 'article';

export interface Stack {
  readonly name: StackName;
  readonly about: string;
  readonly profile: FailoverProfile;
  /** TLS and users in the search cluster. */
  readonly security: 'on' | 'off';
  /** How long a fault lasts, at which the stack's outage should be over: an outage that ends by the undo is measured only in part. */
  readonly faultMs: number;
  /** Lines of the topology's `service` and `balancer` sections. */
  readonly front: string;
}

const article = fileURLToPath(new URL('./article', import.meta.url));

const builtin = `
service: { instances: 2, workers: 2 }
balancer: { listeners: [{ port: 80, protocol: http }] }
`;

/** The article's balancer asks for \`/\`, which its application answers with 404: no machine would ever serve. */
const articles = `
service:
  runtime: python
  artifact: ${JSON.stringify(article)}
  command: [python3, -m, gunicorn, -w, '{workers}', -b, '{host}:{port}', 'app:app']
  instances: 2
  workers: 4
balancer:
  listeners: [{ port: 80, protocol: http }]
  check: { type: connection, passive: true }
`;

export const stacks: readonly Stack[] = [
  {
    name: 'stock',
    about: "this project's service, the vendor's defaults",
    profile: 'stock',
    security: 'on',
    faultMs: 120_000,
    front: builtin,
  },
  {
    name: 'safe',
    about: "this project's service, profile safe",
    profile: 'safe',
    security: 'on',
    faultMs: 45_000,
    front: builtin,
  },
  {
    name: 'fast',
    about: "this project's service, profile fast",
    profile: 'fast',
    security: 'on',
    faultMs: 30_000,
    front: builtin,
  },
  {
    name: 'plain',
    about: "this project's service, profile fast, without TLS and users",
    profile: 'fast',
    security: 'off',
    faultMs: 30_000,
    front: builtin,
  },
  {
    name: 'article',
    about: "the article's Flask, gunicorn and client settings, the vendor's defaults",
    profile: 'stock',
    security: 'off',
    faultMs: 120_000,
    front: articles,
  },
];

/** Prefix of the systems that a bench makes and removes; other systems in the lab are left alone. */
export function systemName(stack: StackName): string {
  return `bench-${stack}`;
}

export function topologyText({ name, profile, security, front }: Stack): string {
  return `name: ${systemName(name)}
region: us-ord
network: { range: 10.30.0.0/24 }
access: { adminNetworks: [198.18.0.1/32] }
search:
  version: 9.5.3
  heap: 512m
  failover: ${profile}
  security: ${security}
  index: { name: documents, shards: 3, replicas: 1, template: built-in }
${front}`;
}
