// Whatever accepted file is parsed: addresses are unique, inside the range and clear of the balancer's; labels fit Linode.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { stringify } from 'yaml';
import {
  balancerLabel,
  firewallLabel,
  machinePlans,
  parseTopology,
  tagOf,
  TopologyError,
  vpcLabel,
} from '../../src/topology/index.ts';

const name = fc.stringMatching(/^[a-z](-?[a-z0-9]){0,7}$/);
const prefix = fc.integer({ min: 9, max: 26 });

/** Files of the right shape; some are refused as too big for their range. */
const file = fc
  .record({
    name,
    nodes: fc.integer({ min: 1, max: 60 }).map((half) => 2 * half + 1),
    instances: fc.integer({ min: 2, max: 120 }),
    prefix,
    second: fc.integer({ min: 0, max: 255 }),
    third: fc.integer({ min: 0, max: 255 }),
  })
  .map(({ name, nodes, instances, prefix, second, third }) => {
    const [base] = ipaddr.parseCIDR(
      `${ipaddr.IPv4.networkAddressFromCIDR(`10.${second}.${third}.0/${prefix}`).toString()}/${prefix}`,
    );
    return {
      name,
      region: 'us-ord',
      placement: { policy: 'flexible' },
      network: { range: `${base.toString()}/${prefix}` },
      search: { version: '9.5.3', nodes },
      service: { instances },
      access: { adminNetworks: ['203.0.113.7/32'] },
    };
  });

const toNumber = (address: string) => Buffer.from(ipaddr.IPv4.parse(address).octets).readUInt32BE();

function bounds(cidr: string): { first: number; last: number } {
  const last = toNumber(ipaddr.IPv4.broadcastAddressFromCIDR(cidr).toString());
  return { first: toNumber(ipaddr.IPv4.networkAddressFromCIDR(cidr).toString()), last };
}

test('every accepted topology gives each machine an address of its own, inside the range, outside the balancer range', () => {
  let accepted = 0;
  fc.assert(
    fc.property(file, (given) => {
      let topology;
      try {
        topology = parseTopology(stringify(given), { path: 'topology.yaml' });
      } catch (error) {
        assert.ok(error instanceof TopologyError);
        assert.deepEqual(
          error.problems.map(({ field }) => field),
          ['network.range'],
        );
        return;
      }
      accepted += 1;
      const plans = machinePlans(topology);
      assert.equal(plans.length, given.search.nodes + given.service.instances);
      assert.equal(new Set(plans.map(({ vpcAddress }) => vpcAddress)).size, plans.length);
      assert.equal(new Set(plans.map(({ label }) => label)).size, plans.length);
      const range = bounds(topology.network.range);
      const balancer = bounds(topology.network.balancerRange);
      // Linode reserves the first two and the last two addresses of a subnet.
      const usable = { first: range.first + 2, last: range.last - 2 };
      assert.ok(balancer.first >= usable.first && balancer.last <= usable.last && balancer.first % 4 === 0);
      for (const { vpcAddress } of plans) {
        const address = toNumber(vpcAddress);
        assert.ok(address >= usable.first && address <= usable.last);
        assert.ok(address < balancer.first || address > balancer.last);
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(accepted > 50, `only ${accepted} of 300 were accepted`);
});

test("every accepted name gives labels and tags within Linode's limits", () => {
  const label = /^[a-zA-Z]((?!--|__|\.\.)[a-zA-Z0-9-_.])+$/;
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z](-?[a-z0-9])*$/).filter((text) => text.length <= 16),
      (given) => {
        const text = stringify({
          name: given,
          region: 'us-ord',
          search: { version: '9.5.3' },
          access: { adminNetworks: ['203.0.113.7/32'] },
        });
        const topology = parseTopology(text, { path: 'topology.yaml' });
        for (const { label: machine } of machinePlans(topology)) {
          assert.match(machine, label);
          assert.ok(machine.length >= 3 && machine.length <= 64);
        }
        for (const short of [balancerLabel(given), firewallLabel(given, 'search'), firewallLabel(given, 'balancer')]) {
          assert.match(short, label);
          assert.ok(short.length >= 3 && short.length <= 32);
        }
        assert.match(vpcLabel(given), /^[A-Za-z0-9-]{1,64}$/);
        assert.ok(tagOf(given).length >= 3 && tagOf(given).length <= 50);
      },
    ),
    { numRuns: 200 },
  );
});

test('no text makes the parser fail in any other way than by listing problems', () => {
  const scraps = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .array(
        fc.constantFrom(
          'name: demo',
          'search:',
          '  nodes: 3',
          '- a',
          '\t',
          '{',
          '}',
          '&a',
          '*a',
          '<<: *a',
          '---',
          ': :',
          '"',
        ),
      )
      .map((lines) => lines.join('\n')),
  );
  fc.assert(
    fc.property(scraps, (text) => {
      try {
        parseTopology(text, { path: 'topology.yaml' });
      } catch (error) {
        assert.ok(error instanceof TopologyError, String(error));
        assert.ok(error.problems.length > 0);
      }
    }),
    { numRuns: 500 },
  );
});
