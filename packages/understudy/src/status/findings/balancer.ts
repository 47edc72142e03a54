// Findings about the balancer: whether it is there, and which service machines it sends users to.
import { balancerLabel } from '../../topology/index.ts';
import { applyCommand, type Finding, type View } from '../finding.ts';
import { causeOf } from './backend-cause.ts';
import type { Status } from '../status.ts';

export function balancerFindings(balancer: Status['balancer'], view: View): Finding[] {
  const { topology } = view;
  const subject = balancerLabel(topology.name);
  const down = { verdict: 'down', subject, effect: 'Users are not served.', repair: applyCommand } as const;
  if (balancer.urls.length === 0) {
    return [{ ...down, id: 'balancer-missing', reason: 'There is no balancer, so users are not served.' }];
  }
  const empty = topology.balancer.listeners.filter(
    ({ port }) => !balancer.nodes.some((node) => node.listener === port && isServing(node)),
  );
  const findings: Finding[] = empty.map(({ port }) => ({
    ...down,
    id: 'balancer-empty',
    reason: `The balancer has no service machine that is UP and accepts on port ${port}.`,
    ...(empty.length === topology.balancer.listeners.length
      ? {}
      : { effect: `Users are not served on port ${port}; on another one they are.` }),
  }));
  for (const node of balancer.nodes.filter((candidate) => !isServing(candidate))) {
    const { cause, sentence, repair = applyCommand } = causeOf(view, node);
    findings.push({
      id: 'backend-not-serving',
      verdict: 'degraded',
      subject: node.name,
      reason: sentence,
      effect: 'Nothing while the others serve.',
      repair,
      cause,
    });
  }
  return findings;
}

function isServing(node: Status['balancer']['nodes'][number]): boolean {
  return node.status === 'UP' && node.mode === 'accept';
}
