// One request over HTTP/1.1, as it is: GET with a body too, which fetch refuses. Connections are kept.
import { Agent, request, type OutgoingHttpHeaders } from 'node:http';

export interface Call {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 });

/** Rejects when the connection breaks or nothing comes for `timeoutMs`. */
export async function ask(url: string, { method, path, headers, body }: Call, timeoutMs = 120_000): Promise<Answer> {
  const sent: OutgoingHttpHeaders = { ...headers };
  if (body !== undefined) sent['content-length'] = Buffer.byteLength(body);
  return await new Promise((resolve, reject) => {
    const outgoing = request(`${url}${path}`, { method, headers: sent, agent, timeout: timeoutMs }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const received = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as const);
        resolve({
          status: incoming.statusCode ?? 0,
          headers: new Map(received),
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
