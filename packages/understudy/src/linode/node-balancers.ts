// NodeBalancers with their configs (one per listening port), nodes (backends), firewalls and leg in a VPC.
// https://techdocs.akamai.com/linode-api/reference/get-node-balancers
import { nothing } from './instances.ts';
import { firewall, nodeBalancer, nodeBalancerConfig, nodeBalancerNode, nodeBalancerVpc } from './answers.ts';
import type { CallOptions, Transport } from './call.ts';
import type { NodeBalancerFilter } from './filter.ts';
import type {
  NodeBalancerConfigBody,
  NodeBalancerCreate,
  NodeBalancerNodeBody,
  NodeBalancerNodeUpdate,
  NodeBalancerUpdate,
} from './requests.ts';

const at = (id: number, rest = '') => `/nodebalancers/${id}${rest}`;

export function nodeBalancerOperations(transport: Transport) {
  return {
    list: (filter?: NodeBalancerFilter, options: CallOptions = {}) =>
      transport.list({
        ...options,
        name: 'nodeBalancers.list',
        path: '/nodebalancers',
        filter,
        item: nodeBalancer,
        pageSize: 500,
      }),
    get: (id: number, options: CallOptions = {}) =>
      transport.send({ ...options, name: 'nodeBalancers.get', method: 'GET', path: at(id), answer: nodeBalancer }),
    create: (body: NodeBalancerCreate, options: CallOptions = {}) =>
      transport.send({
        ...options,
        name: 'nodeBalancers.create',
        method: 'POST',
        path: '/nodebalancers',
        body,
        answer: nodeBalancer,
      }),
    update: (id: number, body: NodeBalancerUpdate, options: CallOptions = {}) =>
      transport.send({
        ...options,
        name: 'nodeBalancers.update',
        method: 'PUT',
        path: at(id),
        body,
        answer: nodeBalancer,
      }),
    delete: (id: number, options: CallOptions = {}) =>
      transport.send({ ...options, name: 'nodeBalancers.delete', method: 'DELETE', path: at(id), answer: nothing }),
    firewalls: (id: number, options: CallOptions = {}) =>
      transport.list({ ...options, name: 'nodeBalancers.firewalls', path: at(id, '/firewalls'), item: firewall }),
    /** The balancer's legs in VPC subnets; empty when it reaches its backends by private addresses. */
    vpcs: (id: number, options: CallOptions = {}) =>
      transport.list({ ...options, name: 'nodeBalancers.vpcs', path: at(id, '/vpcs'), item: nodeBalancerVpc }),
    configs: configOperations(transport),
    nodes: nodeOperations(transport),
  };
}

function configOperations(transport: Transport) {
  return {
    list: (balancerId: number, options: CallOptions = {}) =>
      transport.list({
        ...options,
        name: 'nodeBalancers.configs.list',
        path: at(balancerId, '/configs'),
        item: nodeBalancerConfig,
        pageSize: 500,
      }),
    create: (balancerId: number, body: NodeBalancerConfigBody, options: CallOptions = {}) =>
      transport.send({
        ...options,
        name: 'nodeBalancers.configs.create',
        method: 'POST',
        path: at(balancerId, '/configs'),
        body,
        answer: nodeBalancerConfig,
      }),
    update: (balancerId: number, id: number, body: Partial<NodeBalancerConfigBody>, options: CallOptions = {}) =>
      transport.send({
        ...options,
        name: 'nodeBalancers.configs.update',
        method: 'PUT',
        path: at(balancerId, `/configs/${id}`),
        body,
        answer: nodeBalancerConfig,
      }),
    delete: (balancerId: number, id: number, options: CallOptions = {}) =>
      transport.send({
        ...options,
        name: 'nodeBalancers.configs.delete',
        method: 'DELETE',
        path: at(balancerId, `/configs/${id}`),
        answer: nothing,
      }),
  };
}

function nodeOperations(transport: Transport) {
  const nodes = (balancerId: number, configId: number, rest = '') =>
    at(balancerId, `/configs/${configId}/nodes${rest}`);
  return {
    list: (balancerId: number, configId: number, options: CallOptions = {}) =>
      transport.list({
        ...options,
        name: 'nodeBalancers.nodes.list',
        path: nodes(balancerId, configId),
        item: nodeBalancerNode,
        pageSize: 500,
      }),
    create: (balancerId: number, configId: number, body: NodeBalancerNodeBody, options: CallOptions = {}) =>
      transport.send({
        ...options,
        name: 'nodeBalancers.nodes.create',
        method: 'POST',
        path: nodes(balancerId, configId),
        body,
        answer: nodeBalancerNode,
      }),
    update: (
      balancerId: number,
      configId: number,
      id: number,
      body: NodeBalancerNodeUpdate,
      options: CallOptions = {},
    ) =>
      transport.send({
        ...options,
        name: 'nodeBalancers.nodes.update',
        method: 'PUT',
        path: nodes(balancerId, configId, `/${id}`),
        body,
        answer: nodeBalancerNode,
      }),
    delete: (balancerId: number, configId: number, id: number, options: CallOptions = {}) =>
      transport.send({
        ...options,
        name: 'nodeBalancers.nodes.delete',
        method: 'DELETE',
        path: nodes(balancerId, configId, `/${id}`),
        answer: nothing,
      }),
  };
}
