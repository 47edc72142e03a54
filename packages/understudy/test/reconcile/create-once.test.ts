import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinodeError, type LinodeErrorCode } from '../../src/linode/index.ts';
import { createOnce } from '../../src/reconcile/execute/create-once.ts';
import { scaledClock } from '../simulation/scaled-clock.ts';

const clock = scaledClock(1000);

function failure(code: LinodeErrorCode): LinodeError {
  return new LinodeError(code, code, { operation: { name: 'vpcs.create', method: 'POST', path: '/vpcs' } });
}

/** A region that follows a script for each create; `made but lost` creates the object and loses the response. */
function region(script: readonly ('made' | 'made but lost' | 'lost' | LinodeErrorCode)[], taken?: string) {
  const objects: string[] = taken === undefined ? [] : [taken];
  let creates = 0;
  return {
    objects,
    creates: () => creates,
    creation: {
      clock,
      create: () => {
        const does = script[creates] ?? 'made';
        creates += 1;
        if (does === 'made' || does === 'made but lost') objects.push(`object ${creates}`);
        if (does === 'made') return Promise.resolve(`object ${creates}`);
        return Promise.reject(failure(does === 'made but lost' || does === 'lost' ? 'linode-ambiguous' : does));
      },
      find: () => Promise.resolve(objects[0]),
    },
  };
}

test('when the response is lost after the creation, the object is found and not created twice', async () => {
  const { creation, objects, creates } = region(['made but lost']);
  assert.equal(await createOnce(creation), 'object 1');
  assert.deepEqual(objects, ['object 1']);
  assert.equal(creates(), 1);
});

test('a request that was lost before the creation is sent again', async () => {
  const { creation, objects, creates } = region(['lost', 'lost', 'made']);
  assert.equal(await createOnce(creation), 'object 3');
  assert.deepEqual(objects, ['object 3']);
  assert.equal(creates(), 3);
});

test('an object that our earlier request created under the same label is used', async () => {
  const { creation, creates } = region(['linode-invalid'], 'ours');
  assert.equal(await createOnce(creation), 'ours');
  assert.equal(creates(), 1);
});

test('an invalid request fails with its own error, and after other errors there is no lookup', async () => {
  await assert.rejects(createOnce(region(['linode-invalid']).creation), { code: 'linode-invalid' });
  await assert.rejects(createOnce(region(['linode-unauthorized'], 'ours').creation), { code: 'linode-unauthorized' });
});

test('after three requests without an answer it gives up', async () => {
  const { creation, creates } = region(['lost', 'lost', 'lost', 'lost']);
  await assert.rejects(createOnce(creation), { code: 'linode-ambiguous' });
  assert.equal(creates(), 3);
});
