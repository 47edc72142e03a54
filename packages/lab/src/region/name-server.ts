// The lab's authoritative name server: answers from the records of the region's domains, A, AAAA, CNAME and TXT. It resolves
// nothing else: a name outside of these domains is refused, as by Linode's own name servers.
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  streamEncode,
  type Answer,
  type DecodedPacket,
  type Packet,
} from 'dns-packet';
import type { Clock } from '@understudy/foundation';
import type { Domain, DomainRecord } from './state/domain-model.ts';
import type { LabStore } from './state/store.ts';

export interface NameServerOptions {
  readonly store: Pick<LabStore, 'domains' | 'domainRecords'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Loopback only, unless it says otherwise. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** How long a new record stays unseen, milliseconds. Linode publishes changes at intervals of minutes; default 0. */
  readonly publishAfterMs?: number;
}

export interface NameServer extends AsyncDisposable {
  /** `127.0.0.1:5353`. */
  readonly address: string;
  close(): Promise<void>;
}

/** RFC 1035, 4.1.1. */
const codes = { noError: 0, nameError: 3, refused: 5 } as const;
/** Linode's default for a record whose time to live is 0. */
const defaultTtlS = 86_400;
/** How many free ports are tried. */
const mostPorts = 20;

/** Answers over UDP and TCP, on one port. */
export async function startNameServer(options: NameServerOptions): Promise<NameServer> {
  const { host = '127.0.0.1', port } = options;
  const open = new Set<Socket>();
  const server = createServer((connection) => {
    open.add(connection);
    connection.once('close', () => open.delete(connection));
    answerStream(connection, options);
  });
  const socket = createSocket('udp4');
  socket.on('message', (message, { port: to, address }) => {
    const reply = answerTo(message, options);
    if (reply !== undefined) socket.send(encode(reply), to, address);
  });
  const close = async (): Promise<void> => {
    for (const connection of open) connection.destroy();
    socket.close();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  try {
    const chosen = await listenOnOnePort({ server, socket, host, port });
    return { address: `${host}:${chosen}`, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Listeners {
  readonly server: Server;
  readonly socket: DatagramSocket;
  readonly host: string;
  readonly port: number;
}

/** A port that is free for TCP may be another process's for UDP; if any port will do, another one is taken then. */
async function listenOnOnePort({ server, socket, host, port }: Listeners): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    await once(server.listen(port, host), 'listening');
    const chosen = (server.address() as AddressInfo).port;
    try {
      await once(socket.bind(chosen, host), 'listening');
      return chosen;
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!isTaken || port !== 0 || attempt === mostPorts) throw error;
      server.close();
      await once(server, 'close');
    }
  }
}

/** Over TCP each message comes after its length in two bytes (RFC 1035, 4.2.2). */
function answerStream(connection: Socket, options: NameServerOptions): void {
  let received: Buffer = Buffer.alloc(0);
  connection.setTimeout(10_000, () => connection.destroy());
  connection.on('error', () => connection.destroy());
  connection.on('data', (part) => {
    received = Buffer.concat([received, part]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE()) {
      const length = received.readUInt16BE();
      const reply = answerTo(received.subarray(2, 2 + length), options);
      received = received.subarray(2 + length);
      if (reply !== undefined) connection.write(streamEncode(reply));
    }
  });
}

/** Undefined for what is no query: it gets no answer. */
function answerTo(message: Buffer, options: NameServerOptions): Packet | undefined {
  let query: DecodedPacket;
  try {
    query = decode(message);
  } catch {
    return undefined;
  }
  const question = query.questions?.[0];
  if (query.type !== 'query' || question === undefined) return undefined;
  const { code, answers } = look(question.name.toLowerCase(), question.type, options);
  const flags = code === codes.refused ? code : AUTHORITATIVE_ANSWER | code;
  return { type: 'response', id: query.id ?? 0, flags, questions: [question], answers };
}

function look(name: string, type: string, options: NameServerOptions): { code: number; answers: Answer[] } {
  const domain = zoneOf(name, options);
  if (domain === undefined) return { code: codes.refused, answers: [] };
  const here = publishedIn(domain, options).filter((record) => fullName(record, domain) === name);
  const wanted = here.filter((record) => record.type === type || record.type === 'CNAME');
  const exists = here.length > 0 || name === domain.domain;
  return { code: exists ? codes.noError : codes.nameError, answers: wanted.flatMap((record) => data(name, record)) };
}

function zoneOf(name: string, { store }: NameServerOptions): Domain | undefined {
  return [...store.domains.values()]
    .filter(({ status, type }) => status === 'active' && type === 'master')
    .filter(({ domain }) => name === domain || name.endsWith(`.${domain}`))
    .sort((a, b) => b.domain.length - a.domain.length)[0];
}

function publishedIn({ id }: Domain, { store, clock, publishAfterMs = 0 }: NameServerOptions): DomainRecord[] {
  const isPublished = ({ created }: DomainRecord): boolean =>
    publishAfterMs === 0 || Date.parse(`${created}Z`) + publishAfterMs <= clock.now();
  return [...store.domainRecords.values()].filter((record) => record.domainId === id && isPublished(record));
}

function fullName({ name }: DomainRecord, { domain }: Domain): string {
  return name === '' ? domain : `${name}.${domain}`;
}

function data(name: string, { type, target, ttlS }: DomainRecord): Answer[] {
  const common = { name, class: 'IN', ttl: ttlS === 0 ? defaultTtlS : ttlS } as const;
  if (type === 'TXT') return [{ ...common, type, data: target }];
  if (type === 'A' || type === 'AAAA') return [{ ...common, type, data: target }];
  if (type === 'CNAME') return [{ ...common, type, data: target.replace(/\.$/, '') }];
  return [];
}
