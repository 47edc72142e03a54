// Files for a certificate authority that verifies a name (http-01; RFC 8555, 8.3). `apply` puts them there while it orders a certificate.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../problem.ts';

/** The authority comes by http, and is not sent to https. */
export const acmeChallengeRoute = '/.well-known/acme-challenge/:token';

/** RFC 8555, 8.3: base64url, so it names no other directory. */
const tokenPattern = /^[\w-]{1,128}$/;

export function addAcmeChallengeRoute(app: FastifyInstance, directory: string | undefined): void {
  if (directory === undefined) return;
  app.get<{ Params: { token: string } }>(acmeChallengeRoute, async ({ params: { token } }, reply) => {
    const text = tokenPattern.test(token) ? await fileIn(directory, token) : undefined;
    if (text === undefined)
      throw new Problem({ status: 404, code: 'not-found', text: 'No certificate authority was told to ask for this.' });
    return reply.type('application/octet-stream').send(text);
  });
}

async function fileIn(directory: string, token: string): Promise<string | undefined> {
  try {
    return await readFile(join(directory, token), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
