// Instances: https://techdocs.akamai.com/linode-api/reference/get-linode-instances
import { z } from 'zod';
import { firewall } from './answers/network.ts';
import { instance, instanceConfig, instanceIps, linodeInterface } from './answers/instance.ts';
import { verbs, type CallOptions, type Transport } from './call.ts';
import type { InstanceFilter } from './filter.ts';
import type { InstanceCreate, InstanceRebuild, InstanceUpdate } from './requests.ts';

export function instanceOperations(transport: Transport) {
  const linode = verbs(transport);
  const all = '/linode/instances';
  return {
    list: (filter?: InstanceFilter, options?: CallOptions) =>
      linode.list('instances.list', all, instance, options, filter),
    get: (id: number, options?: CallOptions) => linode.get('instances.get', `${all}/${id}`, instance, options),
    create: (body: InstanceCreate, options?: CallOptions) =>
      linode.post('instances.create', all, body, instance, options),
    update: (id: number, body: InstanceUpdate, options?: CallOptions) =>
      linode.put('instances.update', `${all}/${id}`, body, instance, options),
    delete: (id: number, options?: CallOptions) => linode.delete('instances.delete', `${all}/${id}`, options),
    boot: (id: number, options?: CallOptions) => linode.act('instances.boot', `${all}/${id}/boot`, options),
    shutdown: (id: number, options?: CallOptions) => linode.act('instances.shutdown', `${all}/${id}/shutdown`, options),
    reboot: (id: number, options?: CallOptions) => linode.act('instances.reboot', `${all}/${id}/reboot`, options),
    /** Wipes the disks; the user data is forgotten unless it is sent again. */
    rebuild: (id: number, body: InstanceRebuild, options?: CallOptions) =>
      linode.post('instances.rebuild', `${all}/${id}/rebuild`, body, instance, options),
    /** Public and private addresses; those in a VPC are under `vpcs.ips`. */
    ips: (id: number, options?: CallOptions) => linode.get('instances.ips', `${all}/${id}/ips`, instanceIps, options),
    /** Configuration profiles with the legacy interfaces. */
    configs: (id: number, options?: CallOptions) =>
      linode.list('instances.configs', `${all}/${id}/configs`, instanceConfig, options),
    /** Interfaces of an instance of the generation `linode`. */
    interfaces: (id: number, options?: CallOptions) =>
      linode.get('instances.interfaces', `${all}/${id}/interfaces`, linodeInterfaces, options),
    firewalls: (id: number, options?: CallOptions) =>
      linode.list('instances.firewalls', `${all}/${id}/firewalls`, firewall, options),
  };
}

/** Linode's reference has this list under `interfaces`, its Go client reads it under `data`: either is taken. */
const linodeInterfaces = z.union([
  z.object({ interfaces: z.array(linodeInterface) }).transform(({ interfaces }) => interfaces),
  z.object({ data: z.array(linodeInterface) }).transform(({ data }) => data),
]);
