// The service machines as a certificate authority meets them: through the balancer, on port 80.
import { UnderstudyError } from '@understudy/foundation';
import { askChallengeScript, putChallengesScript, removeChallengesScript } from '../../machines/index.ts';
import { machinesFor, type ChallengeFiles, type ChallengeHost } from '../../operation/index.ts';
import { servingOn } from './balancer-backends.ts';
import { needed } from './found.ts';
import { machineTarget, runScript, type StepContext } from './step-context.ts';

/** An authority asks on this port alone. RFC 8555, 8.3. */
const port = 80;
/** A backend that was added becomes UP after the configured number of checks; Linode reports it up to a minute later. */
const upWithinMs = 180_000;
const lookEveryMs = 2_000;

/** Waits until the balancer sends requests of port 80 to a machine. Error: `reconcile-no-backend`. */
export async function challengeFiles(context: StepContext): Promise<ChallengeFiles> {
  const { world, intent, found } = context;
  const serving = await someServing(context);
  const { ipv4, ipv6 } = needed(found.balancer, 'the balancer');
  return {
    hosts: machinesFor(intent, 'service')
      .filter(({ label }) => found.instances.has(label))
      .map(({ label, vpcAddress }) => hostOf(context, label, vpcAddress, serving.includes(label))),
    addresses: [ipv4, ipv6].filter((address) => address !== null && address !== undefined),
    resolver: world.resolver,
    logger: world.logger,
  };
}

async function someServing(context: StepContext): Promise<readonly string[]> {
  const { clock } = context.world;
  const end = clock.monotonicMs() + upWithinMs;
  for (;;) {
    const serving = await servingOn(context, port);
    if (serving.length > 0) return serving;
    if (clock.monotonicMs() > end) {
      throw new UnderstudyError(
        'reconcile-no-backend',
        `The certificate was not ordered: within ${upWithinMs / 1000} s the balancer has no service machine UP on port ${port}, where the authority asks. ` +
          'Repair the service first: understudy status.',
        { facts: { port } },
      );
    }
    await clock.sleep(lookEveryMs, context.signal);
  }
}

function hostOf(context: StepContext, label: string, address: string, serves: boolean): ChallengeHost {
  const origin = `http://${address}:${context.intent.topology.service.port}`;
  return {
    label,
    serves,
    put: async (files) => {
      await runScript(context, label, 'put the files of the challenge', putChallengesScript(files));
    },
    remove: async (tokens) => {
      await runScript(context, label, 'remove the files of the challenge', removeChallengesScript(tokens));
    },
    ask: async (name, token) => {
      const script = askChallengeScript(origin, name, token);
      const { stdout } = await context.world.runner.run(machineTarget(context, label), ['sh', '-s'], { stdin: script });
      const [status = '', ...body] = stdout.split('\n');
      return { status: Number(status), body: body.join('\n') };
    },
  };
}
