// What is left of an order that was killed or could not clean up is removed by the next one, wherever it is, and never forgotten.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger, systemClock } from '@understudy/foundation';
// The door offers an order as a whole.
import { withRecords, type ChallengeDns, type TxtRecord } from '../../src/acme/challenge-records.ts';
import type { LinodeClient } from '../../src/linode/index.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const left: TxtRecord = { name: '_acme-challenge.a.sub.example.org', value: 'of-a-killed-run' };
const wanted: TxtRecord = { name: '_acme-challenge.example.org', value: 'of-this-run' };

async function created(sim: SimulatedWorld, url: string, payload: object): Promise<number> {
  const headers = { authorization: 'Bearer token-of-the-simulation', 'content-type': 'application/json' };
  const answer = await sim.region.server.inject({ method: 'POST', url, headers, payload: JSON.stringify(payload) });
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json<{ id: number }>().id;
}

/** Two domains, one inside of the other, with what a killed run has left in the inner one. */
async function afterAKill(sim: SimulatedWorld) {
  for (const domain of ['example.org', 'sub.example.org'])
    await created(sim, '/v4/domains', { domain, type: 'master', soa_email: 'ops@example.org' });
  const inner = (await sim.world.linode.domains.list()).find(({ domain }) => domain === 'sub.example.org')!;
  const record = { type: 'TXT', name: '_acme-challenge.a', target: left.value };
  await created(sim, `/v4/domains/${inner.id}/records`, record);
  let journal: readonly TxtRecord[] = [left];
  const dns = (linode: LinodeClient = sim.world.linode): ChallengeDns => ({
    linode,
    // Nobody is asked whether a record is to be seen.
    nameServers: [],
    journal: {
      read: () => Promise.resolve(journal),
      write: (records) => {
        journal = [...records];
        return Promise.resolve();
      },
    },
    clock: systemClock,
    logger: silentLogger,
  });
  const values = () => [...sim.region.store.domainRecords.values()].map(({ target }) => target);
  return { dns, values, journal: () => journal };
}

test('what was left in a domain inside of another one is removed', async () => {
  await using sim = await simulatedWorld();
  const { dns, values, journal } = await afterAKill(sim);
  await withRecords(dns(), [wanted], () => {
    assert.deepEqual(values(), [wanted.value]);
    return Promise.resolve();
  });
  assert.deepEqual([values(), journal()], [[], []]);
});

test('what could not be removed stays in the journal, and the next order removes it', async () => {
  await using sim = await simulatedWorld();
  const { dns, values, journal } = await afterAKill(sim);
  const { linode } = sim.world;
  const refusing: LinodeClient = {
    ...linode,
    domains: {
      ...linode.domains,
      records: { ...linode.domains.records, delete: () => Promise.reject(new Error('the API is away')) },
    },
  };
  await withRecords(dns(refusing), [wanted], () => Promise.resolve());
  assert.deepEqual(values().sort(), [left.value, wanted.value].sort());
  assert.deepEqual(journal(), [left, wanted]);
  await withRecords(dns(), [], () => Promise.resolve());
  assert.deepEqual([values(), journal()], [[], []]);
});
