// What a look and a plan cost as a system grows: requests to Linode's API, and seconds, for 5, 50 and 500 machines that exist.
// The region is the lab's own API over machines in memory; the tool's code is the real one.
//   bench/plan [--json] [--machines 5,50,500]
import { parseArgs } from 'node:util';
import { apply, plan } from '../../packages/understudy/src/reconcile/index.ts';
import { judge, observe } from '../../packages/understudy/src/status/index.ts';
import { sampleIntent } from '../../packages/understudy/test/simulation/sample-intent.ts';
import { simulatedWorld } from '../../packages/understudy/test/simulation/simulated-world.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, machines: { type: 'string', default: '5,50,500' } },
});

/** Linode's general limit is 800 requests a minute at the least. */
const requestsPerMinute = 800;

interface Row {
  readonly machines: number;
  readonly applyRequests: number;
  readonly applyS: number;
  readonly planRequests: number;
  readonly planS: number;
  readonly statusRequests: number;
  readonly statusS: number;
}

/** Three fifths search machines, odd; the rest service machines, as in the smallest system. */
function topologyOf(machines: number): string {
  const search = Math.round((machines * 3) / 5 / 2) * 2 + 1;
  const nodes = machines === 5 ? 3 : search;
  return `
name: demo
region: us-ord
access: { adminNetworks: [198.51.100.0/24] }
network: { range: 10.20.0.0/20 }
placement: { policy: flexible }
search: { version: 9.5.3, nodes: ${nodes}, index: { name: documents, shards: 3 } }
service: { instances: ${machines - nodes} }
`;
}

async function measure(machines: number): Promise<Row> {
  const intent = await sampleIntent(topologyOf(machines));
  await using sim = await simulatedWorld({ factor: 1000 });
  const { world } = sim;
  const timed = async (work: () => Promise<unknown>): Promise<[number, number]> => {
    const before = world.linode.calls().total;
    const startedMs = performance.now();
    await work();
    return [world.linode.calls().total - before, Math.round(performance.now() - startedMs) / 1000];
  };
  const [applyRequests, applyS] = await timed(() => apply(world, intent, { allowDestructive: true }));
  const [planRequests, planS] = await timed(async () => {
    const { steps } = plan(intent, await observe(world, intent.topology));
    if (steps.length > 0) throw new Error(`${steps.length} steps are left after an apply`);
  });
  const [statusRequests, statusS] = await timed(async () =>
    judge(await observe(world, intent.topology), intent.topology),
  );
  return { machines, applyRequests, applyS, planRequests, planS, statusRequests, statusS };
}

const rows: Row[] = [];
for (const machines of values.machines.split(',').map(Number)) {
  rows.push(await measure(machines));
  process.stderr.write(`${machines} machines done\n`);
}

if (values.json) console.log(JSON.stringify({ schemaVersion: 1, requestsPerMinute, rows }, undefined, 2));
else console.table(rows);
