// NodeBalancers with their configs (one per listening port), nodes (backends), firewalls and leg in a VPC.
// https://techdocs.akamai.com/linode-api/reference/get-node-balancers
import { firewall } from './answers/network.ts';
import { nodeBalancer, nodeBalancerConfig, nodeBalancerNode, nodeBalancerVpc } from './answers/node-balancer.ts';
import { verbs, type CallOptions, type Transport } from './call.ts';
import type { NodeBalancerFilter } from './filter.ts';
import type {
  NodeBalancerConfigBody,
  NodeBalancerCreate,
  NodeBalancerNodeBody,
  NodeBalancerNodeUpdate,
  NodeBalancerUpdate,
} from './requests.ts';

const all = '/nodebalancers';

export function nodeBalancerOperations(transport: Transport) {
  const linode = verbs(transport);
  return {
    list: (filter?: NodeBalancerFilter, options?: CallOptions) =>
      linode.list('nodeBalancers.list', all, nodeBalancer, options, filter),
    get: (id: number, options?: CallOptions) => linode.get('nodeBalancers.get', `${all}/${id}`, nodeBalancer, options),
    create: (body: NodeBalancerCreate, options?: CallOptions) =>
      linode.post('nodeBalancers.create', all, body, nodeBalancer, options),
    update: (id: number, body: NodeBalancerUpdate, options?: CallOptions) =>
      linode.put('nodeBalancers.update', `${all}/${id}`, body, nodeBalancer, options),
    delete: (id: number, options?: CallOptions) => linode.delete('nodeBalancers.delete', `${all}/${id}`, options),
    firewalls: (id: number, options?: CallOptions) =>
      linode.listWhole('nodeBalancers.firewalls', `${all}/${id}/firewalls`, firewall, options),
    /** The balancer's legs in VPC subnets; empty when it reaches its backends by private addresses. */
    vpcs: (id: number, options?: CallOptions) =>
      linode.listWhole('nodeBalancers.vpcs', `${all}/${id}/vpcs`, nodeBalancerVpc, options),
    configs: configOperations(transport),
    nodes: nodeOperations(transport),
  };
}

function configOperations(transport: Transport) {
  const linode = verbs(transport);
  const configs = (balancerId: number) => `${all}/${balancerId}/configs`;
  return {
    list: (balancerId: number, options?: CallOptions) =>
      linode.list('nodeBalancers.configs.list', configs(balancerId), nodeBalancerConfig, options),
    create: (balancerId: number, body: NodeBalancerConfigBody, options?: CallOptions) =>
      linode.post('nodeBalancers.configs.create', configs(balancerId), body, nodeBalancerConfig, options),
    update: (balancerId: number, id: number, body: Partial<NodeBalancerConfigBody>, options?: CallOptions) =>
      linode.put('nodeBalancers.configs.update', `${configs(balancerId)}/${id}`, body, nodeBalancerConfig, options),
    delete: (balancerId: number, id: number, options?: CallOptions) =>
      linode.delete('nodeBalancers.configs.delete', `${configs(balancerId)}/${id}`, options),
  };
}

function nodeOperations(transport: Transport) {
  const linode = verbs(transport);
  const nodes = (balancerId: number, configId: number) => `${all}/${balancerId}/configs/${configId}/nodes`;
  return {
    list: (balancerId: number, configId: number, options?: CallOptions) =>
      linode.list('nodeBalancers.nodes.list', nodes(balancerId, configId), nodeBalancerNode, options),
    create: (balancerId: number, configId: number, body: NodeBalancerNodeBody, options?: CallOptions) =>
      linode.post('nodeBalancers.nodes.create', nodes(balancerId, configId), body, nodeBalancerNode, options),
    update: (balancerId: number, configId: number, id: number, body: NodeBalancerNodeUpdate, options?: CallOptions) =>
      linode.put('nodeBalancers.nodes.update', `${nodes(balancerId, configId)}/${id}`, body, nodeBalancerNode, options),
    delete: (balancerId: number, configId: number, id: number, options?: CallOptions) =>
      linode.delete('nodeBalancers.nodes.delete', `${nodes(balancerId, configId)}/${id}`, options),
  };
}
