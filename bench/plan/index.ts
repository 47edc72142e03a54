// What an observation and a plan cost as a system grows: requests to Linode's API, and seconds, for 5, 50 and 500 machines that exist.
// The region is the lab's own API over machines in memory; the tool's code is the real one.
//   bench/plan [--json] [--machines 5,50,500]
import { parseArgs } from 'node:util';
import { apply, plan, confirmAll } from '../../packages/understudy/src/reconcile/index.ts';
import { assessHealth } from '../../packages/understudy/src/status/index.ts';
import { observe } from '../../packages/understudy/src/observe/index.ts';
import { sampleIntent, sizedText } from '../../packages/understudy/test/simulation/sample-intent.ts';
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
  /** Of the processor: the part of the time that does not depend on other processes. The region in memory is in it. */
  readonly planCpuS: number;
  readonly statusRequests: number;
  readonly statusS: number;
  readonly statusCpuS: number;
}

interface Cost {
  readonly requests: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function measure(machines: number): Promise<Row> {
  const intent = await sampleIntent(sizedText(machines));
  await using sim = await simulatedWorld({ factor: 100 });
  const { world } = sim;
  const measured = async (work: () => Promise<unknown>): Promise<Cost> => {
    const before = world.linode.calls().total;
    const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
    await work();
    const { user, system } = process.cpuUsage(cpu);
    return {
      requests: world.linode.calls().total - before,
      seconds: Math.round(performance.now() - startedMs) / 1000,
      cpuSeconds: Math.round((user + system) / 1000) / 1000,
    };
  };
  const applied = await measured(() => apply(world, intent, { confirm: confirmAll }));
  const planned = await measured(async () => {
    const { steps } = plan(intent, await observe(world, intent.topology));
    if (steps.length > 0) throw new Error(`${steps.length} steps are left after an apply`);
  });
  const judged = await measured(async () => assessHealth(await observe(world, intent.topology), intent.topology));
  return {
    machines,
    applyRequests: applied.requests,
    applyS: applied.seconds,
    planRequests: planned.requests,
    planS: planned.seconds,
    planCpuS: planned.cpuSeconds,
    statusRequests: judged.requests,
    statusS: judged.seconds,
    statusCpuS: judged.cpuSeconds,
  };
}

const rows: Row[] = [];
for (const machines of values.machines.split(',').map(Number)) {
  rows.push(await measure(machines));
  process.stderr.write(`${machines} machines done\n`);
}

if (values.json) console.log(JSON.stringify({ schemaVersion: 1, requestsPerMinute, rows }, undefined, 2));
else console.table(rows);
