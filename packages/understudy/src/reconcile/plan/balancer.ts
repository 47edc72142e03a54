// Plans the NodeBalancer: one, with a listener per port and a backend per service machine on each.
import { absent, shown } from '@understudy/foundation';
import type { NodeBalancerConfig } from '../../linode/index.ts';
import { instanceNamed, type Observation, type ObservedBalancer } from '../../observe/index.ts';
import { acmeOf, balancerLabel, firewallLabel, subnetLabel, tagOf, type Listener } from '../../topology/index.ts';
import {
  backendBody,
  backendDifferences,
  listenerBody,
  listenerDifferences,
  privateAddressOf,
} from './balancer-shape.ts';
import { sameFingerprint, selfSignedName, askedMachine, machinesFor, type Intent } from '../../operation/index.ts';
import { planCertificateOrder } from './acme.ts';
import { portOf } from './in-use.ts';
import { networkSteps } from './network.ts';
import { beforeRedirect, redirectTarget } from './redirect.ts';
import { listensAsAsked } from './service.ts';
import { ifPlanned, stepId, type StepReference } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

/** A self-signed certificate is renewed this long before it ends. */
const renewalMs = 30 * 86_400_000;

export function planBalancer(draft: PlanDraft, intent: Intent, observation: Observation): void {
  const { name, balancer } = intent.topology;
  const subject = balancerLabel(name);
  const found = observation.objects.balancers.find(({ balancer: seen }) => seen.label === subject);
  const subnet = observation.objects.vpcs[0]?.subnets.find(({ label }) => label === subnetLabel(name));
  if (!found) {
    draft.add({
      id: stepId.balancerCreate(name),
      subject,
      action: 'create',
      reason: `There is no balancer; it gets ${balancer.listeners.map(({ protocol, port }) => `${protocol} on ${port}`).join(' and ')}.`,
      task: { kind: 'balancer-create' },
      after: [...networkSteps(name), ...serviceMachineSteps(intent), ...ownFirewallSteps(name)],
    });
  } else {
    planOwnSettings(draft, intent, found);
    planBalancerFirewall(draft, intent, found);
    if (balancer.backends === 'private' && found.legs.length > 0) {
      draft.obstacle(
        subject,
        'The balancer is attached to the private network, the topology asks for backends: private, and Linode cannot change that. Delete the balancer, and apply creates a new one.',
      );
    }
    if (balancer.backends === 'vpc' && subnet && !found.legs.some(({ subnet_id }) => subnet_id === subnet.id)) {
      draft.obstacle(
        subject,
        'The balancer is not attached to the private network, and Linode cannot attach it later. Delete the balancer, and apply creates a new one.',
      );
    }
  }
  for (const listener of balancer.listeners) planListener(draft, intent, observation, listener, found);
  if (found) planExtraListeners(draft, intent, found);
}

function planOwnSettings(draft: PlanDraft, { topology }: Intent, { balancer: seen }: ObservedBalancer): void {
  const { name, balancer } = topology;
  const asked = balancer.connectionsPerSecond;
  const differences = [
    ...(seen.tags.includes(tagOf(name)) ? [] : ['the tag of this system is missing']),
    ...(seen.client_conn_throttle === asked
      ? []
      : [`client_conn_throttle is ${seen.client_conn_throttle}, it should be ${asked}`]),
  ];
  if (differences.length === 0) return;
  draft.add({
    id: stepId.balancerUpdate(name),
    subject: balancerLabel(name),
    action: 'update',
    reason: `On the balancer ${differences.join('; ')}.`,
    task: { kind: 'balancer-update' },
  });
}

function ownFirewallSteps(name: string): readonly StepReference[] {
  return [stepId.firewallCreate(name, 'balancer'), stepId.firewallUpdate(name, 'balancer')].map(ifPlanned);
}

/** A balancer has one firewall at most; one of somebody else is left to its owner. */
function planBalancerFirewall(draft: PlanDraft, { topology: { name } }: Intent, { firewalls }: ObservedBalancer): void {
  const subject = balancerLabel(name);
  const asked = firewallLabel(name, 'balancer');
  const [foreign] = firewalls.filter(({ label }) => label !== asked);
  if (foreign) {
    draft.obstacle(
      subject,
      `The balancer is behind the firewall ${foreign.label}, which is not of this system, and Linode takes one firewall for a balancer. Detach it, and apply attaches ${asked}.`,
    );
    return;
  }
  if (firewalls.length > 0) return;
  draft.add({
    id: stepId.balancerFirewall(name),
    subject,
    action: 'attach',
    reason: `The balancer is not behind the firewall ${asked}.`,
    task: { kind: 'balancer-firewall' },
    after: ownFirewallSteps(name),
  });
}

/** A backend needs the address of its machine, so machines that do not exist yet are created first. */
function serviceMachineSteps(intent: Intent): readonly StepReference[] {
  return machinesFor(intent, 'service').map(({ label }) => ifPlanned(stepId.instanceCreate(label)));
}

function serviceRunSteps(intent: Intent): readonly StepReference[] {
  return machinesFor(intent, 'service').map(({ label }) => ifPlanned(stepId.serviceRun(label)));
}

/**
 * Where users are served already, a machine becomes a backend when its service answers. Only a start is waited for where a changed service
 * sends users to this listener: those changes wait for it.
 */
function stepsOfService(draft: PlanDraft, intent: Intent, { port }: Listener): readonly StepReference[] {
  if (redirectTarget(intent)?.port !== port) return serviceRunSteps(intent);
  return machinesFor(intent, 'service')
    .map(({ label }) => stepId.serviceRun(label))
    .filter((id) => draft.taskOf(id) === 'service-start');
}

function planListener(
  draft: PlanDraft,
  intent: Intent,
  observation: Observation,
  listener: Listener,
  found: ObservedBalancer | undefined,
): void {
  const { name } = intent.topology;
  const subject = balancerLabel(name);
  const { port, protocol } = listener;
  const seen = found?.configs.find(({ config }) => config.port === port);
  const isOrdered = planCertificateOrder(draft, intent, observation, listener);
  const order = ifPlanned(stepId.certificateOrder(name, port));
  // The request that creates the balancer also creates its http listeners. An https listener waits for the balancer's address, which is in its certificate.
  if (!seen) {
    if (!found && protocol === 'http') return;
    draft.add({
      id: stepId.listener(name, port),
      subject,
      action: 'create',
      reason: `The balancer does not listen on port ${port}.`,
      task: { kind: 'listener-create', port },
      after: [
        ...(found ? stepsOfService(draft, intent, listener) : [stepId.balancerCreate(name)]),
        ...serviceMachineSteps(intent),
        order,
      ],
    });
    return;
  }
  const differences = listenerDifferences(seen.config, listenerBody(intent.topology, listener));
  const certificate = isOrdered
    ? 'the certificate has to be replaced'
    : certificateProblem(intent, observation, listener, seen.config);
  if (certificate !== undefined) differences.push(certificate);
  if (differences.length > 0) {
    draft.add({
      id: stepId.listener(name, port),
      subject,
      action: 'update',
      reason: `On port ${port} ${differences.join('; ')}.`,
      task: { kind: 'listener-update', port, certificate: certificate !== undefined },
      // A check that the service does not answer throws out every machine: the service is changed first, and a fault there stops this.
      after: [...serviceRunSteps(intent), order],
    });
  }
  planBackends(draft, intent, observation, port, seen);
}

function certificateProblem(
  intent: Intent,
  { at, certificates }: Observation,
  listener: Listener,
  seen: NodeBalancerConfig,
): string | undefined {
  if (listener.protocol !== 'https') return undefined;
  const ordered = acmeOf(listener) && intent.acme?.kept(listener.port)?.certificate;
  const given = ordered ?? intent.certificates[listener.port];
  if (given) {
    return sameFingerprint(seen.ssl_fingerprint ?? '', given.fingerprint)
      ? undefined
      : `the certificate is not the one ${ordered ? 'that was ordered' : 'in the file'}`;
  }
  const name = selfSignedName(intent.topology.name);
  if (seen.ssl_commonname !== name) return `the certificate is for '${seen.ssl_commonname ?? ''}', not for ${name}`;
  const certificate = shown(certificates[listener.port] ?? absent);
  if (certificate && Date.parse(certificate.notAfter) - Date.parse(at) < renewalMs) {
    return `the certificate ends on ${certificate.notAfter}`;
  }
  return undefined;
}

function planBackends(
  draft: PlanDraft,
  intent: Intent,
  observation: Observation,
  port: number,
  { config, nodes }: ObservedBalancer['configs'][number],
): void {
  const { objects } = observation;
  const { name } = intent.topology;
  const subject = balancerLabel(name);
  const known = new Map(nodes.map((node) => [node.label, node]));
  for (const machine of machinesFor(intent, 'service')) {
    const node = known.get(machine.label);
    const id = stepId.backend(name, port, machine.ordinal);
    const after = [ifPlanned(stepId.instanceCreate(machine.label)), ifPlanned(stepId.firewallUpdate(name, 'service'))];
    const task = { port, machine: machine.label } as const;
    if (!node) {
      draft.add({
        id,
        subject,
        action: 'create',
        reason: `On port ${port} the balancer has no backend ${machine.label}.`,
        task: { kind: 'backend-create', ...task },
        // A balancer sends users to a new backend before it has checked it.
        after: [...after, ifPlanned(stepId.serviceRun(machine.label)), ...beforeRedirect(intent, observation)],
      });
      continue;
    }
    const instance = instanceNamed(objects, machine.label);
    // The subnet id is not compared, only the address. A machine that does not exist yet has no private address.
    const route = { subnetId: 0, privateAddress: privateAddressOf(instance) };
    const waits = intent.topology.balancer.backends === 'private' && route.privateAddress === undefined;
    const body = backendBody(intent.topology, machine, route);
    // Users are sent to a port when the service listens there: a change of the service that is refused or postponed keeps both.
    const early = portOf(node.address) !== portOf(body.address) && !listensAsAsked(intent, observation, machine);
    const differences = waits || early ? [] : backendDifferences(node, body);
    // The step that starts or changes the service puts its backends right when it answers.
    if (differences.length > 0 && !draft.has(stepId.serviceRun(machine.label))) {
      draft.add({
        id,
        subject,
        action: 'update',
        reason: `On port ${port} of ${machine.label} ${differences.join('; ')}.`,
        task: { kind: 'backend-update', ...task },
        after,
      });
    }
  }
  for (const node of nodes.filter(({ label }) => askedMachine(intent, label)?.role !== 'service')) {
    draft.add({
      id: stepId.backendDelete(name, node.id),
      subject,
      action: 'delete',
      reason: `On port ${port} the backend ${node.label} (${node.address}) is not in the topology.`,
      destructive: true,
      task: {
        kind: 'backend-remove',
        object: { type: 'backend', id: node.id, label: node.label, parents: [config.nodebalancer_id, config.id] },
      },
    });
  }
}

function planExtraListeners(draft: PlanDraft, intent: Intent, found: ObservedBalancer): void {
  const { name, balancer } = intent.topology;
  const asked = balancer.listeners.map(({ port }) => port);
  for (const { config } of found.configs.filter((candidate) => !asked.includes(candidate.config.port))) {
    draft.add({
      id: stepId.listenerDelete(name, config.port),
      subject: balancerLabel(name),
      action: 'delete',
      reason: `The balancer listens on port ${config.port}, which is not in the topology.`,
      destructive: true,
      task: {
        kind: 'object-delete',
        object: { type: 'listener', id: config.id, label: `port ${config.port}`, parents: [config.nodebalancer_id] },
      },
      // Services that send users there are changed first.
      after: serviceRunSteps(intent),
    });
  }
}
