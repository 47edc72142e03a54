// Linode's objects of one topology, found by tag and label; a fixed small number of API calls whatever the size.
import type { Instance, LinodeClient } from '../linode/index.ts';
import { balancerLabel, firewallLabel, tagOf, vpcLabel } from '../topology/index.ts';
import type { ObservedBalancer, ObservedObjects } from './observation.ts';

/** Errors: those of the Linode client. */
export async function observeObjects(linode: LinodeClient, name: string): Promise<ObservedObjects> {
  const tag = tagOf(name);
  const firewallsOfTopology = (['search', 'service', 'balancer'] as const).map((guarded) =>
    firewallLabel(name, guarded),
  );
  const [instances, { vpcs, vpcIps }, firewalls, placementGroups, balancers] = await Promise.all([
    observeInstances(linode, name),
    observeVpcs(linode, name),
    observeFirewalls(linode, tag, firewallsOfTopology),
    linode.placementGroups.list({ label: { '+contains': `${name}-` } }),
    observeBalancers(linode, tag, balancerLabel(name)),
  ]);
  return {
    vpcs,
    vpcIps,
    firewalls,
    placementGroups: placementGroups.filter(({ label }) => isGroupLabel(name, label)),
    instances,
    balancers,
  };
}

/** The instances alone: one call. Errors: those of the Linode client. */
export async function observeInstances(linode: LinodeClient, name: string): Promise<readonly Instance[]> {
  const tag = tagOf(name);
  // A machine without its tag is still found by its label; without this it would be created a second time.
  const all = await linode.instances.list({ '+or': [{ tags: tag }, { label: { '+contains': `${name}-` } }] });
  return all.filter(({ label, tags }) => tags.includes(tag) || isMachineLabel(name, label));
}

/** `demo-search-1` for the topology `demo`; not `other-demo-search-1`, not `demo-archive`. */
function isMachineLabel(name: string, label: string): boolean {
  return label.startsWith(`${name}-`) && /^(?:search|service)-\d+$/.test(label.slice(name.length + 1));
}

/** `demo-search`, or one of several: `demo-search-group-2`. */
function isGroupLabel(name: string, label: string): boolean {
  return label.startsWith(`${name}-`) && /^(?:search|service)(?:-group-\d+)?$/.test(label.slice(name.length + 1));
}

async function observeVpcs(linode: LinodeClient, name: string): Promise<Pick<ObservedObjects, 'vpcs' | 'vpcIps'>> {
  const vpcs = await linode.vpcs.list({ label: vpcLabel(name) });
  const ips = await Promise.all(vpcs.map((vpc) => linode.vpcs.ips(vpc.id)));
  return { vpcs, vpcIps: ips.flat() };
}

async function observeFirewalls(
  linode: LinodeClient,
  tag: string,
  labels: readonly string[],
): Promise<ObservedObjects['firewalls']> {
  const firewalls = await linode.firewalls.list({ '+or': [{ tags: tag }, ...labels.map((label) => ({ label }))] });
  return Promise.all(
    firewalls.map(async (firewall) => ({ firewall, devices: await linode.firewalls.devices.list(firewall.id) })),
  );
}

async function observeBalancers(linode: LinodeClient, tag: string, label: string): Promise<ObservedBalancer[]> {
  const balancers = await linode.nodeBalancers.list({ '+or': [{ tags: tag }, { label }] });
  return Promise.all(
    balancers.map(async (balancer) => {
      const [legs, firewalls, configs] = await Promise.all([
        linode.nodeBalancers.vpcs(balancer.id),
        linode.nodeBalancers.firewalls(balancer.id),
        linode.nodeBalancers.configs.list(balancer.id),
      ]);
      const withNodes = configs.map(async (config) => ({
        config,
        nodes: await linode.nodeBalancers.nodes.list(balancer.id, config.id),
      }));
      return { balancer, legs, firewalls, configs: await Promise.all(withNodes) };
    }),
  );
}
