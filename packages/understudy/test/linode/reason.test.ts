// What Linode's refusals are about: its words become codes in one place, and a name that happens to hold a word is none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinodeError } from '../../src/linode/index.ts';
import { refusal, wire } from './wire.ts';

const body = { region: 'us-ord', label: 'vpc-balancer', configs: [] } as never;

async function codesOf(...said: readonly (readonly [reason: string, field?: string])[]) {
  const codes: unknown[] = [];
  for (const [reason, field] of said) {
    await test(`${field ?? 'no field'}: ${reason}`, async (context) => {
      const { client } = await wire(context, () => refusal(400, reason, field));
      await assert.rejects(client.nodeBalancers.create(body), (error: unknown) => {
        assert.ok(error instanceof LinodeError);
        codes.push(...error.errors.map(({ code }) => code));
        return true;
      });
    });
  }
  return codes;
}

test('about the private network: the field decides where there is one', async () => {
  assert.deepEqual(
    await codesOf(
      ['subnet_id is not valid', 'vpcs[0].subnet_id'],
      ['Must be inside the subnet', 'vpcs[0].ipv4_range'],
      ['NodeBalancer has no VPC configuration for this subnet', 'configs[0].nodes[0].subnet_id'],
      ['Must be unique: vpc-balancer', 'label'],
      ['VPC-balancer is taken', 'label'],
    ),
    ['vpc', 'vpc', 'vpc', undefined, undefined],
  );
});

test('about the private network: without a field, a reason that names VPC counts, and a label in it does not', async () => {
  assert.deepEqual(
    await codesOf(['This account may not use VPC with NodeBalancers'], ['There is a vpc-balancer already'], ['No']),
    ['vpc', undefined, undefined],
  );
});
