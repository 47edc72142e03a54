// Linode's metadata service: a machine is identified by the source address of its request.
// https://techdocs.akamai.com/cloud-computing/docs/metadata-service-api
import { randomBytes } from 'node:crypto';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { imageOf, typeOf } from './api/catalogue.ts';
import { slaacAddress } from './api/instance-view.ts';
import type { Clock } from '@understudy/foundation';
import type { Machine } from './state/model.ts';
import { machineInterfaces } from './state/specs.ts';
import type { LabStore } from './state/store.ts';

export interface MetadataParts {
  readonly store: LabStore;
  readonly clock: Clock;
}

const longestTokenS = 86_400;
const defaultTokenS = 3_600;

type Answer = Readonly<Record<string, unknown>>;

/** Serves `/v1/...` for the machines in the store. */
export function buildMetadataServer({ store, clock }: MetadataParts): FastifyInstance {
  const server = Fastify({ forceCloseConnections: true });
  const tokens = new Map<string, { machineId: number; expiresMs: number }>();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    done(null, undefined);
  });

  server.put('/v1/token', (request, reply) => {
    const machine = machineAt(store, request.socket.remoteAddress ?? '');
    const seconds = Number(request.headers['metadata-token-expiry-seconds'] ?? defaultTokenS);
    if (machine === undefined) return refuse(reply, 404, 'Not found');
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestTokenS) {
      return refuse(reply, 400, `Metadata-Token-Expiry-Seconds must be between 1 and ${longestTokenS}`);
    }
    const token = randomBytes(32).toString('hex');
    for (const [old, { expiresMs }] of tokens) if (expiresMs <= clock.now()) tokens.delete(old);
    tokens.set(token, { machineId: machine.id, expiresMs: clock.now() + seconds * 1000 });
    return wantsJson(request) ? sendJson(reply, [token]) : sendText(reply, token);
  });

  const on = (
    path: string,
    handle: (machine: Machine, request: FastifyRequest, reply: FastifyReply) => FastifyReply,
  ): void => {
    server.get(path, (request, reply) => {
      const machine = machineAt(store, request.socket.remoteAddress ?? '');
      const token = tokens.get(String(request.headers['metadata-token'] ?? ''));
      const known = token !== undefined && token.expiresMs > clock.now() && token.machineId === machine?.id;
      if (machine === undefined || !known) return refuse(reply, 401, 'Unauthorized');
      return handle(machine, request, reply);
    });
  };
  const say =
    (view: (machine: Machine) => Answer) =>
    (machine: Machine, request: FastifyRequest, reply: FastifyReply): FastifyReply =>
      wantsJson(request) ? sendJson(reply, view(machine)) : sendText(reply, flat(view(machine)).join('\n'));
  on('/v1/instance', say(instanceAnswer));
  on('/v1/network', say(networkAnswer));
  on('/v1/ssh-keys', say(sshKeysAnswer));
  on('/v1/user-data', (machine, _request, reply) =>
    machine.userData === null ? refuse(reply, 404, 'Not found') : sendText(reply, machine.userData),
  );
  server.setNotFoundHandler((_request, reply) => refuse(reply, 404, 'Not found'));
  return server;
}

/** A public address belongs to one machine; an address in a VPC may exist in several VPCs: then no machine is identified. */
function machineAt(store: LabStore, address: string): Machine | undefined {
  const plain = address.replace(/^::ffff:/, '');
  const machines = [...store.machines.values()];
  const byPublic = machines.find((machine) => machine.publicAddress === plain);
  if (byPublic !== undefined) return byPublic;
  const inside = machines.filter((machine) => machineInterfaces(machine).some((i) => i.address === plain));
  return inside.length === 1 ? inside[0] : undefined;
}

function instanceAnswer(machine: Machine): Answer {
  const type = typeOf(machine.type);
  const image = machine.image === null ? undefined : imageOf(machine.image);
  return {
    id: machine.id,
    host_uuid: machine.hostUuid,
    label: machine.label,
    region: machine.region,
    tags: machine.tags,
    type: machine.type,
    specs: { vcpus: type?.vcpus, memory: type?.memory, disk: type?.disk, transfer: type?.transfer, gpus: 0 },
    backups: { enabled: false, status: null },
    account_euuid: '00000000-0000-4000-8000000000000000',
    image: { id: machine.image, label: image?.label ?? null },
  };
}

function networkAnswer(machine: Machine): Answer {
  const { publicAddress, privateAddress } = machine;
  const interfaces = machineInterfaces(machine).map(({ kind }, i) => ({
    id: i,
    purpose: kind,
    label: null,
    ipam_address: null,
  }));
  return {
    interfaces,
    ipv4: {
      public: publicAddress === null ? [] : [`${publicAddress}/32`],
      private: privateAddress === null ? [] : [`${privateAddress}/17`],
      shared: [],
    },
    ipv6: {
      slaac: publicAddress === null ? null : `${slaacAddress(publicAddress)}/128`,
      ranges: [],
      link_local: 'fe80::1/128',
      shared_ranges: [],
    },
  };
}

function sshKeysAnswer(machine: Machine): Answer {
  return { users: { root: machine.authorizedKeys } };
}

/** Linode's text format: one `path: value` line for each value. */
function flat(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => flat(item, path));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => flat(inner, path === '' ? key : `${path}.${key}`));
  }
  return [`${path}: ${value === null || value === undefined ? '' : JSON.stringify(value).replaceAll('"', '')}`];
}

const wantsJson = (request: FastifyRequest): boolean => (request.headers.accept ?? '').includes('json');

function sendJson(reply: FastifyReply, body: unknown): FastifyReply {
  return reply.header('content-type', 'application/json').send(Buffer.from(JSON.stringify(body)));
}

function sendText(reply: FastifyReply, body: string): FastifyReply {
  return reply.header('content-type', 'text/plain; charset=utf-8').send(Buffer.from(body));
}

function refuse(reply: FastifyReply, status: number, reason: string): FastifyReply {
  return sendJson(reply.status(status), { errors: [{ reason }] });
}
