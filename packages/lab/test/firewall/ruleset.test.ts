import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressIntervals, addressSet, mergeIntervals, portIntervals, portSet } from '../../src/firewall/intervals.ts';
import { renderRuleset } from '../../src/firewall/ruleset.ts';
import type { FirewallSpec } from '../../src/region/hardware.ts';
import type { Cable } from '../../src/network/names.ts';

const cables: readonly Cable[] = [
  { owner: 'machine', ownerId: 12, index: 0, address: '198.18.1.1' },
  { owner: 'machine', ownerId: 12, index: 1, address: '10.20.0.11', vpcId: 7 },
];

const firewall: FirewallSpec = {
  id: 5,
  enabled: true,
  inbound: [
    { action: 'ACCEPT', protocol: 'TCP', ports: '22', addresses: ['198.18.0.1/32'] },
    { action: 'DROP', protocol: 'TCP', ports: '80,9200-9300', addresses: ['0.0.0.0/0'] },
    { action: 'ACCEPT', protocol: 'ICMP', addresses: ['10.20.0.0/24', '10.20.0.9'] },
    { action: 'ACCEPT', protocol: 'UDP', addresses: [] },
  ],
  inboundPolicy: 'DROP',
  outbound: [{ action: 'DROP', protocol: 'IPENCAP', addresses: ['192.0.2.0/24'] }],
  outboundPolicy: 'ACCEPT',
  machineIds: [12],
  balancerIds: [3],
};

describe('the rule set of a region', () => {
  it('is one transaction with guard, metadata, firewalls and the forward chain', () => {
    assert.equal(
      renderRuleset({ cables, firewalls: [firewall], metadataPort: 8077 }),
      `add table inet understudy
delete table inet understudy
table inet understudy {
  chain guard {
    type filter hook prerouting priority raw; policy accept;
    iifname { "m12e0", "m12e1" } iifname . ip saddr != { "m12e0" . 198.18.1.1, "m12e1" . 10.20.0.11 } drop
    ct zone set iifname map { "m12e1" : 8 }
  }
  chain metadata {
    type nat hook prerouting priority dstnat; policy accept;
    ip daddr 169.254.169.254 tcp dport 80 dnat ip to 198.18.0.1:8077
  }
  chain firewall-5-in {
    ip saddr { 198.18.0.1 } tcp dport { 22 } return
    tcp dport { 80, 9200-9300 } drop
    ip saddr { 10.20.0.0-10.20.0.255 } ip protocol icmp return
    drop
  }
  chain firewall-5-out {
    ip daddr { 192.0.2.0-192.0.2.255 } ip protocol 4 drop
    return
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    oifname "void" drop
    ct state established,related accept
    ct status dnat oifname "uplink" accept
    iifname vmap { "m12e0" : jump firewall-5-out, "m12e1" : jump firewall-5-out, "m12e2" : jump firewall-5-out }
    oifname vmap { "m12e0" : jump firewall-5-in, "m12e1" : jump firewall-5-in, "m12e2" : jump firewall-5-in, "b3e0" : jump firewall-5-in }
  }
}
`,
    );
  });

  it('lets everything pass where no firewall is enabled', () => {
    const script = renderRuleset({ cables: [], firewalls: [{ ...firewall, enabled: false }], metadataPort: 1 });
    assert.doesNotMatch(script, /vmap|firewall-5|guard \{\n.*\n.*iifname/);
  });
});

describe('intervals', () => {
  it('reads ports and addresses as Linode writes them', () => {
    assert.equal(portSet(portIntervals('9200-9300, 22,80,9250')), '{ 22, 80, 9200-9300 }');
    assert.equal(addressSet(addressIntervals(['10.0.0.7/24', '192.0.2.1'])), '{ 10.0.0.0-10.0.0.255, 192.0.2.1 }');
  });

  it('merges any intervals into sorted, disjoint ones that cover the same numbers', () => {
    const interval = fc.tuple(fc.nat(200), fc.nat(20)).map(([first, length]) => [first, first + length] as const);
    fc.assert(
      fc.property(fc.array(interval), (intervals) => {
        const merged = mergeIntervals(intervals);
        const covers = (list: readonly (readonly [number, number])[], value: number): boolean =>
          list.some(([first, last]) => first <= value && value <= last);
        for (let value = 0; value <= 230; value += 1) assert.equal(covers(merged, value), covers(intervals, value));
        for (const [index, [first]] of merged.entries()) assert.ok(index === 0 || first > merged[index - 1]![1] + 1);
      }),
    );
  });
});
