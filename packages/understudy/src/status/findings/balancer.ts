// Findings about the balancer: whether it is there, and which service machines it sends users to.
import { balancerLabel, type Topology } from '../../topology/index.ts';
import { applyCommand, type Finding } from '../finding.ts';
import type { Status } from '../status.ts';

export function balancerFindings(balancer: Status['balancer'], topology: Topology): Finding[] {
  const subject = balancerLabel(topology.name);
  const down = { verdict: 'down', subject, effect: 'Users are not served.', repair: applyCommand } as const;
  if (balancer.urls.length === 0) {
    return [{ ...down, id: 'balancer-missing', reason: 'There is no balancer, so nobody is served.' }];
  }
  const findings: Finding[] = topology.balancer.listeners
    .filter(({ port }) => !balancer.nodes.some((node) => node.listener === port && isServing(node)))
    .map(({ port }) => ({
      ...down,
      id: 'balancer-empty',
      reason: `The balancer has no service machine that is UP and accepts on port ${port}.`,
    }));
  for (const node of balancer.nodes.filter((candidate) => !isServing(candidate))) {
    findings.push({
      id: 'backend-not-serving',
      verdict: 'degraded',
      subject: node.name,
      reason: `The balancer sees ${node.name} as ${node.status} in mode ${node.mode} on port ${node.listener}.`,
      effect: 'Nothing while the others serve.',
      repair: applyCommand,
    });
  }
  return findings;
}

function isServing(node: Status['balancer']['nodes'][number]): boolean {
  return node.status === 'UP' && node.mode === 'accept';
}
