// One request by Node's own HTTP client, which sends a header twice when it is told to.
import { request, type IncomingHttpHeaders } from 'node:http';
import type { Attack } from './attacks.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export async function send(
  base: string,
  { method = 'GET', path, headers }: Pick<Attack, 'method' | 'path' | 'headers'>,
  body?: string,
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const lines = [['Host', 'service'] as const, ...headers];
    const length = body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(body))] as const];
    const sent = request(
      { hostname, port, method, path, headers: [...lines, ...length].flat(), agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
