// Serves one folder over HTTP, read-only: the package repository. Refuses every path that leads out of the folder.
import { createReadStream } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

/** The folder may be a symbolic link, and may be pointed elsewhere while it is served. */
export function buildFileServer(folder: string): Server {
  return createServer((request, response) => {
    serve(folder, request, response).catch(() => response.destroy());
  });
}

async function serve(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405);
  const file = await locate(folder, request.url ?? '/');
  if (file === undefined) return end(response, 404);
  const handle = await open(file, 'r');
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) return end(response, 404);
    const modified = facts.mtime.toUTCString();
    if (request.headers['if-modified-since'] === modified) return end(response, 304);
    response.writeHead(200, {
      'content-length': facts.size,
      'last-modified': modified,
      'content-type': 'application/octet-stream',
    });
    if (request.method === 'HEAD') response.end();
    else await pipeline(createReadStream(file, { fd: handle.fd, autoClose: false }), response);
  } finally {
    await handle.close();
  }
}

/** The real path of what is asked for; undefined when it does not exist or lies outside. */
async function locate(folder: string, url: string): Promise<string | undefined> {
  try {
    const asked = decodeURIComponent(new URL(url, 'http://lab').pathname);
    const root = await realpath(folder);
    const file = await realpath(path.join(root, path.normalize(`/${asked}`)));
    return file.startsWith(`${root}${path.sep}`) ? file : undefined;
  } catch {
    return undefined;
  }
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-length': 0 });
  response.end();
}
