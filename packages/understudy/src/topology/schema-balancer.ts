// The `balancer:` section of the topology file.
import { z } from 'zod';
import { field } from './field.ts';
import { port, portText } from './schema-parts.ts';

const listener = z.strictObject({
  port: field(port, { about: 'Port that users reach.', ...portText }),
  protocol: field(z.enum(['http', 'https']).default('http'), {
    about: 'What users speak.',
    allowed: 'http or https',
    remedy: 'choose one of the two',
  }),
  certificate: field(
    z
      .union([z.literal('self-signed'), z.strictObject({ certPath: z.string().min(1), keyPath: z.string().min(1) })])
      .optional(),
    {
      about: 'https only: `self-signed`, or PEM files (paths relative to this file).',
      examples: ['self-signed', { certPath: './tls/fullchain.pem', keyPath: './tls/key.pem' }],
      allowed: 'self-signed, or a mapping with certPath and keyPath',
      remedy: 'write certificate: self-signed, or name both PEM files',
    },
  ),
});

const check = z.strictObject({
  type: field(z.enum(['http', 'http_body', 'connection']).default('http'), {
    about: 'How the balancer asks whether a service machine lives.',
    allowed: 'http, http_body or connection',
    remedy: 'leave it out for http: without a check the balancer goes on sending users to a dead machine',
  }),
  path: field(z.string().startsWith('/').optional(), {
    about: 'What the check asks for. Default: service.healthPath.',
    allowed: 'a path that starts with /',
    remedy: 'leave it out to use service.healthPath',
  }),
  body: field(z.string().min(1).optional(), {
    about: 'http_body only: a regular expression that the body of a healthy answer matches.',
    allowed: 'a regular expression',
    remedy: 'write what a healthy answer contains',
  }),
  intervalS: field(z.int().min(2).max(3600).default(3), {
    about: 'Seconds between checks; above timeoutS.',
    allowed: 'a whole number from 2 to 3600, above timeoutS',
    remedy: 'leave it out for 3',
  }),
  timeoutS: field(z.int().min(1).max(30).default(2), {
    about: 'Seconds that a check may take.',
    allowed: 'a whole number from 1 to 30, below intervalS',
    remedy: 'leave it out for 2',
  }),
  attempts: field(z.int().min(1).max(30).default(2), {
    about: 'Failed checks in a row that put a machine out.',
    allowed: 'a whole number from 1 to 30',
    remedy: 'leave it out for 2',
  }),
  passive: field(z.boolean().default(true), {
    about: 'Whether a failed request of a user counts as a failed check.',
    allowed: 'true or false',
    remedy: 'leave it out for true',
  }),
});

export const balancer = z.strictObject({
  listeners: field(
    z
      .array(listener)
      .min(1)
      .default([{ port: 80, protocol: 'http' }]),
    {
      about: 'Ports that users reach.',
      examples: [
        [
          { port: 80, protocol: 'http' },
          { port: 443, protocol: 'https', certificate: 'self-signed' },
        ],
      ],
      allowed: 'a list with at least one listener',
      remedy: 'leave it out for http on port 80',
    },
  ),
  backends: field(z.enum(['vpc', 'private']).default('vpc'), {
    about:
      "How the balancer reaches the service: through the VPC, or on private addresses of the region's shared network, for an " +
      'account whose balancers cannot join a VPC.',
    allowed: 'vpc or private',
    remedy: 'leave it out for vpc',
  }),
  algorithm: field(z.enum(['roundrobin', 'leastconn', 'source']).default('leastconn'), {
    about:
      'How the balancer chooses a service machine. With leastconn a machine that hangs keeps few users: its requests do not end, so the next ones go elsewhere.',
    allowed: 'roundrobin, leastconn or source',
    remedy: 'leave it out for leastconn',
  }),
  stickiness: field(z.enum(['none', 'table', 'http_cookie']).default('none'), {
    about: 'Whether a user stays on one service machine.',
    allowed: 'none, table or http_cookie',
    remedy: 'leave it out for none',
  }),
  check: field(check.prefault({}), {
    about: 'How the balancer finds out that a service machine is dead.',
    allowed: 'a mapping with type, path, intervalS, timeoutS, attempts, passive',
    remedy: 'leave it out for an http check every 3 s',
  }),
});
