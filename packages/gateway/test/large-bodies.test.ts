// 250 MB in both directions through the command as a process: it keeps no body, whoever is the slow one. Chunks that were passed on count
// until Node collects them, which it does at some 64 MB of them and later on busy processors.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bound, ended } from '../../service/test/harness/engine.ts';
import { freePort } from '../../service/test/harness/free-port.ts';

const megabyte = 1024 * 1024;
const size = 250 * megabyte;
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

function* chunks(): Generator<Buffer> {
  for (let at = 0; at < size; at += 65_536) yield Buffer.alloc(65_536, 0x20);
}

/** Most memory that a process ever had, bytes. */
async function peakBytes(pid: number): Promise<number> {
  return Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

test(
  '250 MB in and 250 MB out need less than half of one of them',
  { skip: process.platform !== 'linux' },
  async () => {
    const engine = createServer((request, response) => {
      let received = 0;
      // Slow to read.
      request.on('data', (chunk: Buffer) => {
        received += chunk.length;
        request.pause();
        setTimeout(() => request.resume(), 1);
      });
      request.on('end', () => {
        if (received < size) return response.end('{}');
        response.writeHead(200, { 'content-length': String(size) });
        return Readable.from(chunks()).pipe(response);
      });
    });
    await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve));
    const port = await freePort();
    const listen = [
      '--engine',
      `http://127.0.0.1:${(engine.address() as AddressInfo).port}`,
      '--listen',
      `127.0.0.1:${port}`,
    ];
    const node = process.execArgv.filter((arg) => !arg.startsWith('--test'));
    const gateway = bound(spawn(process.execPath, [...node, main, ...listen], { stdio: 'ignore' }));
    try {
      const url = `http://127.0.0.1:${port}`;
      while (
        !(await fetch(`${url}/a/_doc/1`).then(
          (answer) => answer.ok,
          () => false,
        ))
      )
        await sleep(50);
      const before = await peakBytes(gateway.pid as number);
      const sent = httpRequest(`${url}/_bulk`, { method: 'POST', headers: { 'content-length': String(size) } });
      Readable.from(chunks()).pipe(sent);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      let read = 0;
      for await (const chunk of response) {
        read += (chunk as Buffer).length;
        await sleep(1);
      }
      assert.equal(read, size);
      const added = (await peakBytes(gateway.pid as number)) - before;
      assert.ok(added < size / 2, `${Math.round(added / megabyte)} MB more than before`);
    } finally {
      await ended(gateway);
      engine.closeAllConnections();
      engine.close();
    }
  },
);
