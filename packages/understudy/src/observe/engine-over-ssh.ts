// Engine requests through the machine itself: its ports are open only inside the VPC, so each request goes through a tunnel of
// SSH. A command on the machine would do as well, and cost it a process or three for every question.
import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { text } from 'node:stream/consumers';
import { engineTransport, type EngineTransport } from '../cluster/index.ts';
import { UnderstudyError, type Secret } from '@understudy/foundation';
import { httpPort } from '../engines/index.ts';
import type { RemoteRunner } from '../machines/index.ts';
import type { EngineHost } from './world.ts';

/** The machine is reached within this on top of the time that the engine has for its answer. */
const reachWithinMs = 5_000;

/** How an engine with security is verified, and by which account it is asked. */
export interface EngineLogin {
  /** The authorities that sign engines, PEM. */
  readonly bundlePem: string;
  readonly user: string;
  readonly password: Secret;
}

/**
 * With a login every engine is asked over TLS, and must show a certificate of these authorities for its address. As a function it is asked
 * for each request, because a rotation changes it while other commands go on.
 */
export function engineOverSsh(
  runner: Pick<RemoteRunner, 'tunnel'>,
  hosts: readonly EngineHost[],
  login?: EngineLogin | (() => Promise<EngineLogin | undefined>),
): EngineTransport {
  const byLabel = new Map(hosts.map((host) => [host.target.label, host]));
  return engineTransport([...byLabel.keys()], async (node, request, timeoutMs) => {
    const host = byLabel.get(node);
    if (!host) throw new UnderstudyError('cluster-unknown-node', `${node} is not a search machine of this topology.`);
    const own = typeof login === 'function' ? await login() : login;
    const to = { address: host.vpcAddress, port: httpPort };
    const stream = await runner.tunnel(host.target, to, { timeoutMs: reachWithinMs });
    try {
      return await exchange(stream, to.address, { ...request, login: own }, timeoutMs);
    } finally {
      stream.destroy();
    }
  });
}

interface EngineRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly login: EngineLogin | undefined;
}

/** One request and its answer. Errors: `cluster-unreachable`, `cluster-login-refused`. */
async function exchange(
  stream: Duplex,
  host: string,
  { method, path, body, login }: EngineRequest,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly text: string }> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const answered = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const socket = login ? tlsConnect({ socket: stream, host, ca: login.bundlePem, minVersion: 'TLSv1.2' }) : stream;
      socket.on('error', reject);
      const headers = {
        connection: 'close',
        ...(login ? { authorization: basic(login) } : {}),
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      };
      const options = { createConnection: () => socket, host, port: httpPort, method, path, headers, signal: limit };
      const asked = httpRequest(options, (answer) => {
        text(answer).then((said) => resolve({ status: answer.statusCode ?? 0, text: said }), reject);
      });
      asked.on('error', reject);
      asked.end(body);
    });
    if (login && answered.status === 401) throw loginRefused(host, login);
    return answered;
  } catch (cause) {
    if (cause instanceof UnderstudyError) throw cause;
    const why = limit.aborted ? `no answer within ${timeoutMs} ms` : (cause as Error).message;
    throw new UnderstudyError('cluster-unreachable', why, { facts: { host, method, path }, cause });
  }
}

function basic({ user, password }: EngineLogin): string {
  return `Basic ${Buffer.from(`${user}:${password.reveal()}`).toString('base64')}`;
}

function loginRefused(host: string, { user }: EngineLogin): UnderstudyError {
  return new UnderstudyError(
    'cluster-login-refused',
    `the engine at ${host} refused the password of ${user} (401): it has other accounts than this computer's. If another operator has ` +
      'rotated passwords, import access again (understudy access import). Otherwise: Elasticsearch: run apply, which writes its accounts ' +
      'again. OpenSearch keeps them in an index: use the configuration directory of the operator who made or last changed them.',
    { facts: { host, user } },
  );
}
