// The `balancer:` section of the topology file.
import { z } from 'zod';
import { field } from './field.ts';
import { port, portText } from './schema-parts.ts';

const acme = z.strictObject({
  domains: field(
    z
      .array(
        z
          .string()
          .max(64)
          .regex(/^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/),
      )
      .min(1)
      .max(100),
    {
      about:
        "Names for which the certificate is, with `challenge: dns-01` inside domains of Linode's DNS manager; `*.` in front for one level of names.",
      examples: [['search.example.org']],
      allowed: 'a list of 1 to 100 names such as search.example.org, in lower case, 64 characters at most',
      remedy: 'write the names by which users reach the balancer',
    },
  ),
  email: field(z.email().optional(), {
    about: 'Where the authority sends messages about the account.',
    examples: ['ops@example.org'],
    allowed: 'an e-mail address',
    remedy: 'leave it out for none',
  }),
  directory: field(z.union([z.enum(['production', 'staging']), z.url({ protocol: /^https$/ })]).default('production'), {
    about:
      "Let's Encrypt (`production`), its environment for trials (`staging`, whose certificates nobody trusts), or the ACME directory of " +
      'another authority.',
    examples: ['staging', 'https://acme.example.org/directory'],
    allowed: 'production, staging, or an https URL',
    remedy: "leave it out for Let's Encrypt",
  }),
  challenge: field(z.enum(['dns-01', 'http-01']).default('dns-01'), {
    about:
      "How the authority verifies the names: by a TXT record in Linode's DNS manager (`dns-01`), or by asking the service for a file on port " +
      '80 (`http-01`), for domains whose DNS is elsewhere; an application of your own has to answer that.',
    examples: ['http-01'],
    allowed: 'dns-01 or http-01',
    remedy: 'leave it out for dns-01',
  }),
});

const listener = z.strictObject({
  port: field(port, { about: 'Port that users reach.', ...portText }),
  protocol: field(z.enum(['http', 'https']).default('http'), {
    about: 'Protocol between users and the balancer.',
    allowed: 'http or https',
    remedy: 'choose one of the two',
  }),
  certificate: field(
    z
      .union([
        z.literal('self-signed'),
        z.strictObject({ certPath: z.string().min(1), keyPath: z.string().min(1) }),
        z.strictObject({ acme }),
      ])
      .optional(),
    {
      about:
        'https only: `self-signed`, PEM files (paths relative to this file), or `acme`: ordered from a public authority and renewed by apply, ' +
        "which agrees to the authority's terms in your name.",
      examples: [
        'self-signed',
        { certPath: './tls/fullchain.pem', keyPath: './tls/key.pem' },
        { acme: { domains: ['search.example.org'] } },
      ],
      allowed: 'self-signed, a mapping with certPath and keyPath, or a mapping with acme',
      remedy: 'write certificate: {acme: {domains: [search.example.org]}}, or name both PEM files',
    },
  ),
});

const check = z.strictObject({
  type: field(z.enum(['http', 'http_body', 'connection']).default('http'), {
    about: 'Kind of health check for the service machines.',
    allowed: 'http, http_body or connection',
    remedy: 'leave it out for http: without a check the balancer continues to send requests to a failed machine',
  }),
  path: field(z.string().startsWith('/').optional(), {
    about: 'Path that the health check requests. Default: service.healthPath.',
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
    about: 'Timeout of one check in seconds.',
    allowed: 'a whole number from 1 to 30, below intervalS',
    remedy: 'leave it out for 2',
  }),
  attempts: field(z.int().min(1).max(30).default(2), {
    about: 'Consecutive failed checks after which a machine gets no requests.',
    allowed: 'a whole number from 1 to 30',
    remedy: 'leave it out for 2',
  }),
  passive: field(z.boolean().optional(), {
    about:
      'Whether one failed request of a user (a 5xx but 501 and 505, or no answer) puts a machine out. Default: true for the ' +
      'built-in service, false for an artifact of your own. `true` says that your application never answers 5xx for what is ' +
      'not its own fault, such as an outage of the engine.',
    allowed: 'true or false',
    remedy: 'leave it out for the default',
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
      'How the balancer chooses a service machine. With leastconn a machine that hangs gets few further requests, because its open requests do not end.',
    allowed: 'roundrobin, leastconn or source',
    remedy: 'leave it out for leastconn',
  }),
  stickiness: field(z.enum(['none', 'table', 'http_cookie']).default('none'), {
    about: 'Whether a user stays on one service machine.',
    allowed: 'none, table or http_cookie',
    remedy: 'leave it out for none',
  }),
  allow: field(z.array(z.string().min(1)).min(1).max(255).default(['0.0.0.0/0', '::/0']), {
    about:
      'Networks that may reach the listeners, IPv4 and IPv6, by the firewall of the balancer: everybody unless it says otherwise. ' +
      'Drills and status come from the computer that runs this tool, so its address must be among them.',
    examples: [['203.0.113.0/24', '2001:db8::/32']],
    allowed: 'a list of 1 to 255 networks such as 203.0.113.0/24 or 2001:db8::/32',
    remedy: 'leave it out for everybody',
  }),
  connectionsPerSecond: field(z.int().min(0).max(20).default(0), {
    about:
      'New connections a second that one client address may open; 0 for no limit. A listener for http ends each connection ' +
      'after one answer, so it limits requests, and clients behind one router share it.',
    allowed: 'a whole number from 0 to 20',
    remedy: 'leave it out for no limit',
  }),
  check: field(check.prefault({}), {
    about: 'Health check of the service machines by the balancer.',
    allowed: 'a mapping with type, path, intervalS, timeoutS, attempts, passive',
    remedy: 'leave it out for an http check every 3 s',
  }),
});
