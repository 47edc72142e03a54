// One exchange with a peer. Not with fetch: that reads a path as a URL, and would turn the path of the document named `..` into `/`.
import { request as requestOverHttp, type IncomingHttpHeaders } from 'node:http';
import { request as requestOverHttps } from 'node:https';
import type { PassedRequest } from './passed-request.ts';

export interface PeerAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** `origin` as in http://10.20.0.32:5000. Rejects when the peer has not answered completely within `withinMs`. */
export function exchange(
  origin: string,
  { method, path, headers, body }: PassedRequest,
  withinMs: number,
): Promise<PeerAnswer> {
  const send = origin.startsWith('https:') ? requestOverHttps : requestOverHttp;
  return new Promise((resolve, reject) => {
    const sent = send(origin, { method, path, headers, signal: AbortSignal.timeout(withinMs) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode as number, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
