import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { balancerAddresses, hostSide, attachCable, subnetRoutes, detachCable } from '../../src/network/commands.ts';
import { cableName, hardwareAddress, isLabNamespace, ownerNamespace } from '../../src/network/names.ts';

const publicCable = { owner: 'machine', ownerId: 12, index: 0, address: '198.18.1.1' } as const;
const vpcCable = { owner: 'machine', ownerId: 12, index: 1, address: '10.20.0.11', vpcId: 7 } as const;

describe('network commands', () => {
  it('joins host and region by one marked link', () => {
    assert.equal(
      hostSide('/var/lib/understudy-lab'),
      `link add us-host address f2:3a:00:00:00:01 type veth peer name uplink address f2:3a:00:00:00:02 netns understudy
link set us-host alias /var/lib/understudy-lab
address add 198.18.0.1/32 dev us-host
link set us-host up
route add 198.18.0.0/16 dev us-host src 198.18.0.1
`,
    );
  });

  it('attaches a public interface as one route in the main table', () => {
    assert.equal(
      attachCable(publicCable),
      `link add m12e0 address f2:3d:00:00:0c:00 type veth peer name eth0 address f2:3c:00:00:0c:00 netns understudy-m12
ntable change name arp_cache dev m12e0 proxy_delay 0
link set m12e0 up
neighbour replace 198.18.1.1 lladdr f2:3c:00:00:0c:00 dev m12e0 nud permanent
route replace 198.18.1.1/32 dev m12e0
`,
    );
  });

  it('attaches a VPC interface in the table of its VPC', () => {
    assert.match(
      attachCable(vpcCable),
      /^rule add iif m12e1 lookup 100007 preference 1000\nroute replace 10\.20\.0\.11\/32 dev m12e1 table 100007$/m,
    );
    assert.equal(detachCable(vpcCable), 'link delete m12e1\nrule delete iif m12e1\n');
  });

  it('discards packets to addresses of a subnet that no machine has', () => {
    assert.equal(
      subnetRoutes(7, '10.20.0.0/24'),
      'route replace 10.20.0.0/24 dev void table 100007\nroute replace default dev void table 100007\n',
    );
  });

  it('gives a balancer both of its addresses', () => {
    assert.equal(
      balancerAddresses([
        { owner: 'balancer', ownerId: 3, index: 0, address: '198.18.2.1', prefix: 16 },
        { owner: 'balancer', ownerId: 3, index: 1, address: '10.20.0.250', vpcId: 7, prefix: 24 },
      ]),
      `link set lo up
address add 198.18.2.1/16 dev eth0
link set eth0 up
address add 10.20.0.250/24 dev eth1
link set eth1 up
route add default via 198.18.0.1
`,
    );
  });
});

describe('names', () => {
  it('distinguishes links and namespaces of the lab from all others', () => {
    assert.deepEqual(
      ['understudy', 'understudy-m12', 'understudy-b3', 'understudy-x', 'understudy-m12b', 'other'].map(isLabNamespace),
      [true, true, true, false, false, false],
    );
    assert.equal(ownerNamespace('balancer', 3), 'understudy-b3');
  });

  it('refuses a link name that is too long for Linux', () => {
    assert.equal(cableName({ owner: 'machine', ownerId: 99_999_999_999, index: 2 }), 'm99999999999e2');
    assert.throws(() => cableName({ owner: 'machine', ownerId: 9_999_999_999_999, index: 2 }), {
      code: 'lab-link-name',
    });
  });

  it('gives machines and balancers of one number different hardware addresses', () => {
    const cable = { ownerId: 0x123456, index: 1, address: '192.0.2.1' };
    assert.equal(hardwareAddress({ ...cable, owner: 'machine' }, 'owner'), 'f2:3c:12:34:56:01');
    assert.equal(hardwareAddress({ ...cable, owner: 'balancer' }, 'region'), 'f2:3f:12:34:56:01');
  });
});
