// Executes the steps on the private network, firewalls and placement groups.
import { type Role, firewallLabel, subnetLabel, tagOf, vpcLabel } from '../../topology/index.ts';
import { listenersWithNodes } from './balancer-backends.ts';
import { createOnce } from './create-once.ts';
import { firewallRules, portsStillUsed } from '../plan/firewall-rules.ts';
import { needed } from './found.ts';
import { guardedInterfaces } from '../plan/machine-interfaces.ts';
import type { StepContext } from './step-context.ts';

export async function createVpc({ world, intent, found }: StepContext): Promise<void> {
  const { name, region, network } = intent.topology;
  const label = vpcLabel(name);
  const vpc = await createOnce({
    clock: world.clock,
    create: () =>
      world.linode.vpcs.create({ label, region, subnets: [{ label: subnetLabel(name), ipv4: network.range }] }),
    find: async () => (await world.linode.vpcs.list({ label }))[0],
  });
  found.vpcId = vpc.id;
  found.subnetId = vpc.subnets.find((subnet) => subnet.label === subnetLabel(name))?.id;
}

export async function createSubnet({ world, intent, found }: StepContext): Promise<void> {
  const label = subnetLabel(intent.topology.name);
  const vpcId = needed(found.vpcId, 'the private network');
  const subnet = await createOnce({
    clock: world.clock,
    create: () => world.linode.vpcs.subnets.create(vpcId, { label, ipv4: intent.topology.network.range }),
    find: async () => (await world.linode.vpcs.subnets.list(vpcId, { label }))[0],
  });
  found.subnetId = subnet.id;
}

export async function createFirewall({ world, intent, found }: StepContext, role: Role): Promise<void> {
  const { name } = intent.topology;
  const label = firewallLabel(name, role);
  const firewall = await createOnce({
    clock: world.clock,
    create: () => world.linode.firewalls.create({ label, tags: [tagOf(name)], rules: firewallRules(intent, role, []) }),
    find: async () => (await world.linode.firewalls.list({ label })).find(({ tags }) => tags.includes(tagOf(name))),
  });
  found.firewalls.set(label, firewall.id);
}

/** Sets rules, status and tag; each request replaces the complete value. A port that a backend still has is not closed. */
export async function updateFirewall(context: StepContext, role: Role): Promise<void> {
  const { world, intent, found } = context;
  const { name } = intent.topology;
  const id = needed(found.firewalls.get(firewallLabel(name, role)), `the firewall for ${role}`);
  const { status, tags, rules } = await world.linode.firewalls.get(id);
  const stillUsed = portsStillUsed(intent, [{ configs: await listenersWithNodes(context) }], rules);
  await world.linode.firewalls.rules.update(id, firewallRules(intent, role, stillUsed));
  if (status !== 'enabled' || !tags.includes(tagOf(name))) {
    await world.linode.firewalls.update(id, { status: 'enabled', tags: [...new Set([...tags, tagOf(name)])] });
  }
}

export async function attachFirewall(
  { world, intent, found }: StepContext,
  role: Role,
  machine: string,
): Promise<void> {
  const firewallId = needed(found.firewalls.get(firewallLabel(intent.topology.name, role)), `the firewall for ${role}`);
  const instance = needed(found.instances.get(machine), machine);
  const { devices } = world.linode.firewalls;
  const attach = (type: 'linode' | 'linode_interface', id: number) =>
    createOnce({
      clock: world.clock,
      create: () => devices.create(firewallId, { id, type }),
      find: async () => (await devices.list(firewallId)).find(({ entity }) => entity.type === type && entity.id === id),
    });
  if (instance.interface_generation !== 'linode') {
    await attach('linode', instance.id);
    return;
  }
  const guarded = guardedInterfaces(instance, await devices.list(firewallId));
  for (const { id } of await world.linode.instances.interfaces(instance.id)) {
    if (!guarded.includes(id)) await attach('linode_interface', id);
  }
}

export async function createPlacementGroup({ world, intent, found }: StepContext, label: string): Promise<void> {
  const { region, placement } = intent.topology;
  const group = await createOnce({
    clock: world.clock,
    create: () =>
      world.linode.placementGroups.create({
        label,
        region,
        placement_group_type: 'anti_affinity:local',
        placement_group_policy: placement.policy,
      }),
    find: async () => (await world.linode.placementGroups.list({ label }))[0],
  });
  found.placementGroups.set(label, group.id);
}

export async function assignPlacement({ world, found }: StepContext, label: string, machine: string): Promise<void> {
  const groupId = needed(found.placementGroups.get(label), `the placement group ${label}`);
  const instance = needed(found.instances.get(machine), machine);
  await createOnce({
    clock: world.clock,
    create: () => world.linode.placementGroups.assign(groupId, [instance.id]),
    find: async () => {
      const group = await world.linode.placementGroups.get(groupId);
      return group.members.some(({ linode_id }) => linode_id === instance.id) ? group : undefined;
    },
  });
}
