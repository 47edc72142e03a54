// Every request that the client can send is valid under Linode's own OpenAPI file, but for the reviewed differences.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestDifferences } from '../openapi/request-differences.ts';
import { linodeSpec, specAbsent } from '../openapi/request-check.ts';
import { everyOperation } from './every-operation.ts';
import { wire } from './wire.ts';

const spec = linodeSpec();
const skip = spec === undefined ? specAbsent : false;

test("every request is valid under Linode's OpenAPI file, but for the known differences", { skip }, async (context) => {
  const found = new Set<string>();
  for (const { send, answer } of everyOperation) {
    const { client, seen } = await wire(context, () => ({ body: answer }));
    await send(client);
    for (const { method, url, body } of seen) {
      const below = url.replace('/v4', '');
      const template =
        spec!.operationOf({ method, url: below }) ??
        below.replace('/11/', '/{nodeBalancerId}/').replace('/1/', '/{linodeId}/');
      for (const problem of spec!.requestProblems({ method, url: below, body }))
        found.add(`${method} ${template}: ${problem}`);
    }
  }
  const known = requestDifferences.map(({ operation, problem }) => `${operation}: ${problem}`);
  assert.deepEqual([...found].sort(), known.sort());
});

test('the check finds planted mistakes', { skip }, () => {
  const request = (method: string, url: string, body?: object) => spec!.requestProblems({ method, url, body });
  const instance = { region: 'us-ord', type: 'g6-standard-4', image: 'linode/debian13', label: 'demo-search-1' };
  assert.deepEqual(request('POST', '/linode/instances', instance), []);
  assert.deepEqual(request('POST', '/linode/instances', { ...instance, lable: 'x' }), [
    'body: lable is not documented',
  ]);
  assert.deepEqual(request('POST', '/linode/instances', { ...instance, label: 'x' }).length > 0, true);
  assert.deepEqual(request('POST', '/linode/instances', { image: 'linode/debian13' }).length, 2);
  assert.deepEqual(request('GET', '/linode/instances?page_size=501'), ['query page_size: 501 is out of range']);
  assert.deepEqual(request('GET', '/linode/instances?size=5'), ['query size: not documented']);
  assert.deepEqual(request('GET', '/linode/machines'), ['no such operation']);
  assert.deepEqual(request('PUT', '/nodebalancers/11/configs/12', { check_timeout: 31 }), [
    'check_timeout: must be <= 30',
  ]);
  assert.deepEqual(request('PUT', '/nodebalancers/11/configs/12', { nodebalancer_id: 3 }), [
    'body: nodebalancer_id is not documented',
  ]);
});
