// One port for UDP and TCP, whatever the other processes of the host have taken.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@understudy/foundation';
import { startNameServer } from '../../src/region/name-server.ts';

const store = { domains: new Map<number, never>(), domainRecords: new Map<number, never>() };
const start = (port = 0) => startNameServer({ store, clock: systemClock, port });

/** So many that some of thirty ports, chosen for one protocol alone, would be among them. */
const heldPorts = 4_000;

async function holdPorts(t: TestContext): Promise<void> {
  const servers = Array.from({ length: heldPorts }, () => createServer().listen(0, '127.0.0.1'));
  const sockets = Array.from({ length: heldPorts }, () => createSocket('udp4').bind(0, '127.0.0.1'));
  const held = [...servers, ...sockets];
  t.after(() => held.forEach((one) => one.close()));
  await Promise.all(held.map((one) => once(one, 'listening')));
}

/** What this process listens with. */
function openPorts(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /^(?:TCPServer|UDP)/.test(name));
}

test('takes a port that is free for both protocols', async (t) => {
  await holdPorts(t);
  for (let round = 0; round < 30; round++) {
    await using names = await start();
    const resolver = new Resolver({ timeout: 5_000, tries: 1 });
    resolver.setServers([names.address]);
    await assert.rejects(resolver.resolve4('example.org'), { code: 'EREFUSED' });
    const [host = '', port] = names.address.split(':');
    const connection = new Socket().connect(Number(port), host);
    await once(connection, 'connect');
    connection.destroy();
  }
});

test('a port that was asked for and is taken is an error, and nothing stays open', async (t) => {
  const taken = createSocket('udp4').bind(0, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address();
  await assert.rejects(start(port), { code: 'EADDRINUSE' });
  // Not tried by taking the port: a connection of another process may have it for TCP.
  const end = performance.now() + 10_000;
  while (openPorts().join() !== 'UDPWrap' && performance.now() < end) await sleep(10);
  assert.deepEqual(openPorts(), ['UDPWrap']);
});
