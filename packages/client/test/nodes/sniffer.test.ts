import { test } from 'node:test';
import assert from 'node:assert/strict';
import { toNodeAddress } from '../../src/nodes/address.ts';
import { nodesIn } from '../../src/nodes/sniffer.ts';

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
