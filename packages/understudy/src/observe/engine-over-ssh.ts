// Engine requests through the machine itself: its ports are open only inside the VPC, so each request goes through a tunnel of
// SSH. A command on the machine would do as well, and cost it a process or three for every question.
import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { engineTransport, type EngineTransport } from '../cluster/index.ts';
import { UnderstudyError } from '@understudy/foundation';
import { httpPort } from '../engines/index.ts';
import type { RemoteRunner } from '../machines/index.ts';
import type { EngineHost } from './world.ts';

/** The machine is reached within this on top of the time that the engine has for its answer. */
const reachWithinMs = 5_000;

export function engineOverSsh(runner: Pick<RemoteRunner, 'tunnel'>, hosts: readonly EngineHost[]): EngineTransport {
  const byLabel = new Map(hosts.map((host) => [host.target.label, host]));
  return engineTransport([...byLabel.keys()], async (node, request, timeoutMs) => {
    const host = byLabel.get(node);
    if (!host) throw new UnderstudyError('cluster-unknown-node', `${node} is not a search machine of this topology.`);
    const to = { address: host.vpcAddress, port: httpPort };
    const stream = await runner.tunnel(host.target, to, { timeoutMs: reachWithinMs });
    try {
      return await exchange(stream, to.address, request, timeoutMs);
    } finally {
      stream.destroy();
    }
  });
}

interface EngineRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
}

/** One request and its answer. Errors: `cluster-unreachable`. */
async function exchange(
  stream: Duplex,
  host: string,
  { method, path, body }: EngineRequest,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly text: string }> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    return await new Promise((resolve, reject) => {
      const headers = {
        connection: 'close',
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      };
      const options = { createConnection: () => stream, host, port: httpPort, method, path, headers, signal: limit };
      const asked = httpRequest(options, (answer) => {
        text(answer).then((said) => resolve({ status: answer.statusCode ?? 0, text: said }), reject);
      });
      asked.on('error', reject);
      asked.end(body);
    });
  } catch (cause) {
    const why = limit.aborted ? `no answer within ${timeoutMs} ms` : (cause as Error).message;
    throw new UnderstudyError('cluster-unreachable', why, { facts: { host, method, path }, cause });
  }
}
