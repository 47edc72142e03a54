import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { apply, plan, confirmAll } from '../../src/reconcile/index.ts';
import type { Intent } from '../../src/operation/index.ts';
import { observe } from '../../src/observe/index.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

/** Each row: a change made outside of the tool, and exactly the steps that correct it. */
interface Drift {
  readonly what: string;
  readonly make: (sim: SimulatedWorld, intent: Intent) => Promise<unknown>;
  readonly steps: Readonly<Record<string, RegExp>>;
}

const engineYml = '/etc/elasticsearch/elasticsearch.yml';

const drifts: readonly Drift[] = [
  {
    what: 'a firewall rule is removed',
    make: async ({ world }) => {
      const [firewall] = await world.linode.firewalls.list({ label: 'demo-search' });
      const { inbound, ...rest } = firewall!.rules;
      await world.linode.firewalls.rules.update(firewall!.id, {
        ...(rest as object),
        inbound: inbound.slice(1),
      } as never);
    },
    steps: { 'demo-search/update': /the inbound rule 'ACCEPT TCP 22 198\.51\.100\.0\/24' is missing/ },
  },
  {
    what: 'a firewall is switched off and opened',
    make: async ({ world }) => {
      const [firewall] = await world.linode.firewalls.list({ label: 'demo-service' });
      await world.linode.firewalls.update(firewall!.id, { status: 'disabled' });
      await world.linode.firewalls.rules.update(firewall!.id, {
        ...(firewall!.rules as object),
        inbound_policy: 'ACCEPT',
      } as never);
    },
    steps: { 'demo-service/update': /inbound policy is ACCEPT, it should be DROP; it is disabled/ },
  },
  {
    what: 'the firewall of the balancer is detached and its limit of connections altered',
    make: async ({ world }) => {
      const [balancer] = await world.linode.nodeBalancers.list({ label: 'demo-balancer' });
      const [firewall] = await world.linode.nodeBalancers.firewalls(balancer!.id);
      const [device] = await world.linode.firewalls.devices.list(firewall!.id);
      await world.linode.firewalls.devices.delete(firewall!.id, device!.id);
      await world.linode.nodeBalancers.update(balancer!.id, { client_conn_throttle: 7 });
    },
    steps: {
      'demo-balancer/attach-firewall': /is not behind the firewall demo-balancer/,
      'demo-balancer/settings': /client_conn_throttle is 7, it should be 0/,
    },
  },
  {
    what: 'a check of the balancer is altered',
    make: async ({ world }) => {
      const [balancer] = await world.linode.nodeBalancers.list({ label: 'demo-balancer' });
      const [config] = await world.linode.nodeBalancers.configs.list(balancer!.id);
      await world.linode.nodeBalancers.configs.update(balancer!.id, config!.id, { check_attempts: 9 });
    },
    steps: { 'demo-balancer/listener-80': /On port 80 check_attempts is 9, it should be \d/ },
  },
  {
    what: 'a backend is drained and another removed',
    make: async ({ world }) => {
      const [balancer] = await world.linode.nodeBalancers.list({ label: 'demo-balancer' });
      const [config] = await world.linode.nodeBalancers.configs.list(balancer!.id);
      const nodes = await world.linode.nodeBalancers.nodes.list(balancer!.id, config!.id);
      const find = (label: string) => nodes.find((node) => node.label === label)!.id;
      await world.linode.nodeBalancers.nodes.update(balancer!.id, config!.id, find('demo-service-1'), {
        mode: 'drain',
      });
      await world.linode.nodeBalancers.nodes.delete(balancer!.id, config!.id, find('demo-service-2'));
    },
    steps: {
      'demo-balancer/backend-80-1': /mode is drain, it should be accept/,
      'demo-balancer/backend-80-2': /has no backend demo-service-2/,
    },
  },
  {
    what: 'elasticsearch.yml is edited and the engine still runs with the old one',
    make: (sim) => {
      sim.machine('demo-search-2').files.get(engineYml)!.content += 'node.attr.rack: r1\n';
      return Promise.resolve();
    },
    steps: { 'demo-search-2/files': /elasticsearch\.yml differs/ },
  },
  {
    what: 'elasticsearch.yml is edited and the engine restarted with it',
    make: (sim) => {
      const machine = sim.machine('demo-search-2');
      machine.files.get(engineYml)!.content += 'node.attr.rack: r1\n';
      machine.run('systemctl restart elasticsearch.service');
      return Promise.resolve();
    },
    steps: {
      'demo-search-2/files': /elasticsearch\.yml differs/,
      'demo-search-2/restart': /was started with another .*elasticsearch\.yml/,
    },
  },
  {
    what: 'a kernel setting is changed on the running machine',
    make: (sim) => {
      sim.machine('demo-search-3').sysctls.set('net.ipv4.tcp_retries2', '15');
      return Promise.resolve();
    },
    steps: { 'demo-search-3/kernel': /net\.ipv4\.tcp_retries2 is 15 instead of \d/ },
  },
  {
    what: 'the service is stopped',
    make: (sim) => {
      sim.machine('demo-service-1').units.get('understudy-service.service')!.active = false;
      return Promise.resolve();
    },
    steps: { 'demo-service-1/service': /is inactive/ },
  },
  {
    what: 'the environment of the service becomes readable for everyone',
    make: (sim) => {
      sim.machine('demo-service-2').files.get('/etc/understudy/service.env')!.mode = '0644';
      return Promise.resolve();
    },
    steps: { 'demo-service-2/files': /service\.env has the mode 0644 instead of 0600/ },
  },
  {
    what: 'a release is switched by hand',
    make: (sim) => {
      sim.machine('demo-service-1').links.set('/opt/understudy/current', '/opt/understudy/releases/other');
      return Promise.resolve();
    },
    steps: { 'demo-service-1/release': /has the release other/, 'demo-service-1/service': /has the release other/ },
  },
  {
    what: 'an engine is stopped',
    make: (sim) => {
      sim.machine('demo-search-1').units.get('elasticsearch.service')!.active = false;
      return Promise.resolve();
    },
    steps: { 'demo-search-1/start': /is inactive/, 'demo-cluster/members': /join the cluster/ },
  },
  {
    what: 'a machine is powered off',
    make: async (sim) => {
      const [instance] = await sim.world.linode.instances.list({ label: 'demo-service-2' });
      await sim.world.linode.instances.shutdown(instance!.id);
      await sim.region.settled();
    },
    steps: { 'demo-service-2/boot': /powered off/, 'demo-service-2/wait': /become reachable/ },
  },
  {
    what: 'a search machine is deleted',
    make: async (sim) => {
      const [instance] = await sim.world.linode.instances.list({ label: 'demo-search-3' });
      await sim.world.linode.instances.delete(instance!.id);
      await sim.region.settled();
    },
    steps: {
      'demo-search-3/create': /does not exist/,
      'demo-search-3/wait': /./,
      'demo-search-3/package': /./,
      'demo-search-3/files': /./,
      'demo-search-3/start': /./,
      'demo-cluster/members': /join/,
    },
  },
  {
    what: 'shard allocation is left limited',
    make: (sim) => {
      for (const identity of sim.clusters.identities.values()) {
        identity.settings = { 'cluster.routing.allocation.enable': 'primaries' };
      }
      return Promise.resolve();
    },
    steps: { 'demo-cluster/allocation': /limited to 'primaries'/ },
  },
  {
    what: 'the index loses its replicas and its durability',
    make: (sim) => {
      for (const { indices } of sim.clusters.identities.values()) {
        Object.assign(indices.get('documents')!, { replicas: 0, durability: 'async' });
      }
      return Promise.resolve();
    },
    steps: { 'demo-cluster/index': /0 replicas instead of 1 and translog durability 'async' instead of 'request'/ },
  },
  {
    what: 'the index template is changed',
    make: (sim) => {
      for (const { templates } of sim.clusters.identities.values()) {
        templates.set('documents', { index_patterns: ['documents'], template: {} });
      }
      return Promise.resolve();
    },
    steps: { 'demo-cluster/template': /differs/ },
  },
  {
    what: 'a machine that is not in the topology has the tag',
    make: async ({ world, region }) => {
      await world.linode.instances.create({
        region: 'us-ord',
        type: 'g6-nanode-1',
        image: 'linode/debian13',
        label: 'demo-extra',
        tags: ['understudy:demo'],
        authorized_keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAlFsqfkKpCz4yrKZrnkzPHlrHbkT3mZmDbA8N7xzS1k x'],
        interface_generation: 'legacy_config',
      });
      await region.settled();
    },
    steps: { 'demo-extra/delete-instance': /not in the topology/ },
  },
];

describe('each drift gives exactly these steps, and apply corrects it', () => {
  let sim: SimulatedWorld;
  let intent: Intent;
  before(async () => {
    intent = await sampleIntent();
    sim = await simulatedWorld();
    await apply(sim.world, intent, { confirm: confirmAll });
  });
  after(() => sim[Symbol.asyncDispose]());

  for (const { what, make, steps } of drifts) {
    test(what, async () => {
      await make(sim, intent);
      const planned = plan(intent, await observe(sim.world, intent.topology));
      // An object's id is not known beforehand.
      const named = planned.steps.map(({ id }) => id.replace(/-\d{3,}$/, ''));
      assert.deepEqual(named.sort(), Object.keys(steps).sort());
      for (const { id, reason } of planned.steps) assert.match(reason, steps[id.replace(/-\d{3,}$/, '')]!);
      assert.deepEqual(planned.obstacles, []);
      const before = sim.hardware.machines.size;
      const { status } = await apply(sim.world, intent, { confirm: confirmAll });
      assert.equal(status.verdict, 'healthy');
      assert.ok(Math.abs(sim.hardware.machines.size - before) <= 1);
      assert.deepEqual(plan(intent, await observe(sim.world, intent.topology)), { steps: [], obstacles: [] });
      assert.equal(sim.clusters.identities.size, 1);
    });
  }
});
