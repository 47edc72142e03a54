import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { backoffDefaults, backoffMs, parseRetryAfterMs } from '../../src/policy/backoff.ts';
import { readFailure, readStatus, retryStatusesDefault } from '../../src/policy/classify.ts';
import { Limiter, limiterDefaults } from '../../src/policy/limiter.ts';
import { RecentQuantile } from '../../src/policy/quantile.ts';
import { toNodeAddress } from '../../src/nodes/address.ts';
import { nodesIn } from '../../src/nodes/sniffer.ts';
import { GatherSwitch } from '../../src/gather/switch.ts';
import { newDocumentId } from '../../src/api/identifiers.ts';

test('backoff is uniform below a bound that doubles up to the cap', () => {
  assert.equal(
    backoffMs(backoffDefaults, 0, () => 0.5),
    25,
  );
  assert.equal(
    backoffMs(backoffDefaults, 3, () => 0.5),
    200,
  );
  assert.equal(
    backoffMs(backoffDefaults, 40, () => 0.999),
    999,
  );
  assert.equal(
    backoffMs({ ...backoffDefaults, jitter: false }, 2, () => 0),
    200,
  );
});

test('Retry-After is read as seconds or as a date, and nonsense as nothing', () => {
  assert.equal(parseRetryAfterMs('3', 0), 3000);
  assert.equal(parseRetryAfterMs('Thu, 01 Jan 1970 00:00:10 GMT', 4000), 6000);
  assert.equal(parseRetryAfterMs('soon', 0), undefined);
  assert.equal(parseRetryAfterMs(undefined, 0), undefined);
});

test('what an answer means depends on its status, on what may be repeated, and on the engine error', () => {
  const read = (status: number, safety: 'read' | 'replayable' | 'once', type?: string): string => {
    const { verdict, maybeApplied } = readStatus(status, safety, retryStatusesDefault, () => type);
    return `${verdict}${maybeApplied ? ', maybe applied' : ''}`;
  };
  assert.equal(read(201, 'once'), 'done');
  assert.equal(read(400, 'replayable'), 'refused');
  assert.equal(read(429, 'once'), 'retry');
  // A full disk blocks writes with 429 until it has room: waiting within one operation is of no use.
  assert.equal(read(429, 'replayable', 'cluster_block_exception'), 'refused');
  assert.equal(read(403, 'replayable', 'cluster_block_exception'), 'refused');
  assert.equal(read(429, 'replayable', 'es_rejected_execution_exception'), 'retry');
  assert.equal(read(503, 'read'), 'retry');
  assert.equal(read(503, 'once', 'es_rejected_execution_exception'), 'retry');
  assert.equal(read(503, 'once', 'cluster_block_exception'), 'refused, maybe applied');
  assert.equal(read(503, 'replayable', 'unavailable_shards_exception'), 'retry, maybe applied');
  assert.equal(read(302, 'replayable'), 'refused, maybe applied');
  assert.equal(read(302, 'read'), 'refused');
  assert.equal(read(408, 'once'), 'refused, maybe applied');
  assert.equal(read(499, 'once', 'some_exception'), 'refused');
  assert.equal(read(503, 'once', 'node_closed_exception'), 'refused, maybe applied');
  assert.equal(read(500, 'once'), 'refused, maybe applied');
  assert.equal(read(500, 'replayable'), 'retry, maybe applied');
  assert.equal(read(501, 'replayable'), 'refused, maybe applied');
  assert.equal(readFailure(false, 'once').verdict, 'retry');
  assert.equal(readFailure(true, 'once').verdict, 'refused');
});

test('the limit shrinks when latency rises under load, grows back, and stays within its bounds', () => {
  const limiter = new Limiter(limiterDefaults);
  const round = (latencyMs: number): void => {
    let entered = 0;
    while (limiter.tryEnter()) entered++;
    while (entered-- > 0) limiter.leave(latencyMs);
  };
  for (let i = 0; i < 20; i++) round(10);
  const calm = limiter.limit;
  for (let i = 0; i < 3; i++) round(200);
  const pressed = limiter.limit;
  assert.ok(pressed < calm, `${pressed} < ${calm}`);
  for (let i = 0; i < 200; i++) round(10);
  assert.ok(limiter.limit > pressed && limiter.limit <= limiterDefaults.maximum);
});

test('the recent quantile is within its bucket of the true one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.2, max: 5000, noNaN: true }), { minLength: 64, maxLength: 1000 }),
      (samples) => {
        const quantile = new RecentQuantile(0.95);
        const counted = samples.slice(0, samples.length - ((samples.length - 32) % 64));
        for (const sample of counted) quantile.record(sample);
        const sorted = [...counted].sort((a, b) => a - b);
        const exact = sorted[Math.ceil(sorted.length * 0.95) - 1]!;
        assert.ok(
          quantile.valueMs >= exact * 0.99 && quantile.valueMs <= exact * 1.1,
          `${quantile.valueMs} for ${exact}`,
        );
      },
    ),
  );
});

test('gathering switches itself to the way that is cheaper, and stays there', () => {
  for (const cheaper of [true, false]) {
    const gatherSwitch = new GatherSwitch(
      'auto',
      !cheaper,
      () => true,
      () => undefined,
    );
    let now = 1000;
    for (let i = 0; i < 20_000; i++) {
      const latencyMs = gatherSwitch.on === cheaper ? 5 : 10;
      now += latencyMs / 16;
      gatherSwitch.record(gatherSwitch.epoch, now, latencyMs, true);
    }
    assert.equal(gatherSwitch.chosen, cheaper);
  }
});

test('sniffed addresses become URLs; nodes that are only eligible as master are left out', () => {
  const answer = {
    nodes: {
      a: { roles: ['data', 'ingest'], http: { publish_address: '10.0.0.2:9200' } },
      b: { roles: ['master'], http: { publish_address: '10.0.0.3:9200' } },
      c: { roles: ['master', 'data'], http: { publish_address: 'search-3/10.0.0.4:9200' } },
    },
  };
  const urlsIn = (list: unknown): string[] =>
    nodesIn(list, toNodeAddress('https://10.0.0.1:9200')).map(({ address }) => address.url);
  assert.deepEqual(urlsIn(answer), ['https://10.0.0.2:9200', 'https://10.0.0.4:9200']);
  assert.deepEqual(urlsIn(undefined), []);
});

test('ids made here are unique and sort by time', () => {
  const ids = Array.from({ length: 1000 }, () => newDocumentId(1_700_000_000_000));
  assert.equal(new Set(ids).size, 1000);
  assert.ok(newDocumentId(1_700_000_000_000) < newDocumentId(1_700_000_000_001));
  assert.match(ids[0]!, /^[-\w]{20}$/);
});

test('a fault changes nothing about gathering, however the latencies look', () => {
  let calm = true;
  const gatherSwitch = new GatherSwitch(
    'auto',
    true,
    () => calm,
    () => assert.fail('it changed'),
  );
  let now = 1000;
  for (let i = 0; i < 50_000; i++) {
    calm = i % 1000 < 500;
    const latencyMs = calm ? 5 : gatherSwitch.on ? 5000 : 1;
    now += latencyMs / 16;
    gatherSwitch.record(gatherSwitch.epoch, now, latencyMs, true);
  }
});
