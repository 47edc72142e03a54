// Each read of an observation fails in turn, in four ways: an unknown part is never healthy, and it creates, deletes and reboots
// nothing.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { EngineTransport } from '../../src/cluster/index.ts';
import { UnderstudyError } from '@understudy/foundation';
import type { PinningRunner } from '../../src/machines/index.ts';
import { apply, confirmAll, plan, type Plan } from '../../src/reconcile/index.ts';
import type { Intent } from '../../src/operation/index.ts';
import { assessHealth } from '../../src/status/index.ts';
import { observe, type World } from '../../src/observe/index.ts';
import { sampleIntent, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const ways = ['refusal', 'time-out', 'garbage', 'half an answer'] as const;
type Way = (typeof ways)[number];

/** A read: an engine's path, a machine's own report, or a GET of Linode's API. */
interface Read {
  readonly kind: 'engine' | 'machine' | 'api' | 'certificate';
  readonly name: string;
}

const half = (text: string): string => text.slice(0, Math.floor(text.length / 2));

/** The world with one failing read; `failures` counts how often. */
function withFailingRead(
  world: World,
  read: Read,
  way: Way,
): { readonly world: World; readonly failures: () => number } {
  let failures = 0;
  const countFailure = (): void => void (failures += 1);
  const transportFor: World['transportFor'] = (hosts) => {
    const transport = world.transportFor(hosts);
    const request: EngineTransport['request'] = async (method, path, ...rest) => {
      if (read.kind !== 'engine' || method !== 'GET' || path.split('?')[0] !== read.name) {
        return await transport.request(method, path, ...rest);
      }
      countFailure();
      if (way === 'time-out') throw new UnderstudyError('cluster-unreachable', 'no answer within 10000 ms');
      const answer = await transport.request(method, path, ...rest);
      if (way === 'refusal') return { ...answer, status: 403, body: { error: { type: 'security_exception' } } };
      const text = way === 'garbage' ? '<html>502 Bad Gateway</html>' : half(JSON.stringify(answer.body));
      return { ...answer, body: text };
    };
    return { ...transport, request };
  };
  const run: PinningRunner['run'] = async (target, argv, options) => {
    const looks = argv[1] === '-s' && argv[2] === '--';
    if (read.kind !== 'machine' || !looks || target.label !== read.name)
      return await world.runner.run(target, argv, options);
    countFailure();
    if (way === 'time-out') throw new UnderstudyError('machines-timeout', 'no answer within 15000 ms');
    if (way === 'refusal') throw new UnderstudyError('machines-unreachable', 'connection refused');
    const result = await world.runner.run(target, argv, options);
    return { ...result, stdout: way === 'garbage' ? 'Segmentation fault' : half(result.stdout) };
  };
  const shownCertificate: World['shownCertificate'] = async (address, port) => {
    if (read.kind !== 'certificate') return await world.shownCertificate(address, port);
    countFailure();
    return { state: 'unknown', reason: 'no certificate', code: 'status-certificate-unseen' };
  };
  return {
    world: { ...world, transportFor, runner: { ...world.runner, run }, shownCertificate },
    failures: () => failures,
  };
}

/** Every read of the engine and of machines of one observation. */
async function readsOf(sim: SimulatedWorld, intent: Intent): Promise<Read[]> {
  const reads = new Map<string, Read>();
  const note = (kind: Read['kind'], name: string): void => void reads.set(`${kind} ${name}`, { kind, name });
  const world: World = {
    ...sim.world,
    transportFor: (hosts) => {
      const transport = sim.world.transportFor(hosts);
      return {
        ...transport,
        request: (method, path, ...rest) => {
          note('engine', path.split('?')[0] ?? '');
          return transport.request(method, path, ...rest);
        },
      };
    },
    runner: {
      ...sim.world.runner,
      run: (target, ...rest) => {
        note('machine', target.label);
        return sim.world.runner.run(target, ...rest);
      },
    },
    shownCertificate: (address, port) => {
      note('certificate', String(port));
      return sim.world.shownCertificate(address, port);
    },
  };
  await observe(world, intent.topology);
  return [...reads.values()];
}

const dangerous = new Set(['create', 'delete', 'reboot', 'restart', 'install', 'form', 'boot']);

function harm({ steps }: Plan): string[] {
  return steps.filter(({ action, destructive }) => destructive || dangerous.has(action)).map(({ id }) => id);
}

const fiveText =
  sampleText.replace('search:', 'search:\n  nodes: 5') +
  'balancer: { listeners: [{ port: 80, protocol: http }, { port: 443, protocol: https, certificate: self-signed }] }\n';
const five = await sampleIntent(fiveText);
const three = { ...five, topology: (await sampleIntent(fiveText.replace('nodes: 5', 'nodes: 3'))).topology };

describe('an observation with one failed read', () => {
  let sim: SimulatedWorld;
  let reads: Read[];
  before(async () => {
    sim = await simulatedWorld();
    await apply(sim.world, five, { confirm: confirmAll });
    reads = await readsOf(sim, five);
  });
  after(() => sim[Symbol.asyncDispose]());

  test('the list of reads is complete: a new read has to be added here', () => {
    const kinds = Map.groupBy(reads, ({ kind }) => kind);
    assert.equal(kinds.get('machine')?.length, 7);
    assert.equal(kinds.get('certificate')?.length, 1);
    assert.ok(kinds.get('engine')!.length >= 7, JSON.stringify(kinds.get('engine')));
  });

  for (const way of ways) {
    test(`${way}: the verdict is not healthy, the plan does no harm, and a shrink that is due is withheld`, async () => {
      for (const read of reads) {
        const { world, failures } = withFailingRead(sim.world, read, way);
        const label = `${way} of ${read.kind} ${read.name}`;
        const observation = await observe(world, five.topology);
        assert.ok(failures() > 0, `${label} was read`);
        // Here only the fact that there is an answer is used, not its content.
        const answers = read.name === '/' && way !== 'time-out';
        assert.equal(assessHealth(observation, five.topology).verdict === 'healthy', answers, label);
        assert.deepEqual(harm(plan(five, observation)), [], label);
        const shrink = plan(three, await observe(world, three.topology));
        // A certificate has no information about machines and copies, and the machines to be removed are not read.
        const concerned =
          !answers && read.kind !== 'certificate' && !['demo-search-4', 'demo-search-5'].includes(read.name);
        const deletions = shrink.steps.filter(({ destructive }) => destructive).map(({ id }) => id);
        if (concerned) assert.deepEqual(deletions, [], `shrink beside ${label}`);
        if (read.kind !== 'engine') continue;
        assert.deepEqual(
          harm(shrink).filter((id) => !id.startsWith('demo-service')),
          answers ? deletions : [],
          label,
        );
      }
    });
  }

  test('an incomplete object from a part of the cluster is unknown, not empty', async () => {
    for (const { kind, name } of reads) {
      if (kind !== 'engine' || name === '/' || name === '/_cat/shards') continue;
      const transportFor: World['transportFor'] = (hosts) => {
        const transport = sim.world.transportFor(hosts);
        return {
          ...transport,
          request: async (method, path, ...rest) => {
            const answer = await transport.request(method, path, ...rest);
            return path.split('?')[0] === name ? { ...answer, body: {} } : answer;
          },
        };
      };
      const observation = await observe({ ...sim.world, transportFor }, five.topology);
      assert.notEqual(assessHealth(observation, five.topology).verdict, 'healthy', name);
      assert.deepEqual(harm(plan(five, observation)), [], name);
    }
  });

  for (const fault of ['unavailable', 'drop-before', 'timeout'] as const) {
    test(`Linode's API, ${fault}: there is no plan at all`, async () => {
      const paths = ['^/linode/instances', '^/vpcs', '^/networking/firewalls', '^/placement', '^/nodebalancers'];
      for (const match of paths) {
        await using broken = await simulatedWorld({ factor: 500, callDeadlineMs: 100_000 });
        broken.region.faults.set([{ kind: fault, match, delayMs: 500_000 }], 1);
        await assert.rejects(observe(broken.world, five.topology), (error) => error instanceof UnderstudyError, match);
      }
    });
  }
});
