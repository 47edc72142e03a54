// A backend drained through the balancer's own API, and accepted again. Planned work: users must not notice.
import type { BalancerNodeSample } from '../../proof/index.ts';
import type { Evidence, Fault, FaultContext } from './fault.ts';

export const balancerDrain: Fault = {
  name: 'balancer-drain',
  standsFor: 'planned maintenance of a service machine: its backend is drained first, then accepted again',
  doesNotMeasure: ['the maintenance itself', 'sessions that last longer than the drain'],
  target: 'service-machine',
  breaksQuorum: false,
  lasting: true,
  localUndo: () => null,
  support: () => Promise.resolve(null),
  inject: (context) => setModes(context, 'drain'),
  effective: (context) => modesAre(context, 'drain'),
  undo: (context) => setModes(context, 'accept'),
  undone: (context) => modesAre(context, 'accept'),
};

async function setModes({ system, targets }: FaultContext, mode: 'drain' | 'accept'): Promise<void> {
  await Promise.all(targets.map(({ label }) => system.balancer.setMode(label, mode)));
}

async function modesAre({ system, targets }: FaultContext, mode: string): Promise<Evidence> {
  const nodes = (await system.balancer.nodes()).filter((node) =>
    targets.some((target) => isBackendOf(node, target.label)),
  );
  return {
    seen: nodes.length >= targets.length && nodes.every((node) => node.mode === mode),
    detail: nodes.map((node) => `${node.label} is in mode ${node.mode}`).join('; ') || 'no such backend',
  };
}

/** With several listeners a backend's label carries the port behind the machine's. */
function isBackendOf({ label }: BalancerNodeSample, machine: string): boolean {
  return label === machine || label.startsWith(`${machine} `);
}
