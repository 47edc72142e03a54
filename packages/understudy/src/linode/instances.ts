// Instances: https://techdocs.akamai.com/linode-api/reference/get-linode-instances
import { z } from 'zod';
import { instance, instanceConfig, instanceIps, firewall } from './answers.ts';
import type { CallOptions, Transport } from './call.ts';
import type { InstanceFilter } from './filter.ts';
import type { InstanceCreate, InstanceRebuild, InstanceUpdate } from './requests.ts';

/** Actions and deletes answer an empty object. */
export const nothing = z.unknown().transform(() => undefined);

export function instanceOperations(transport: Transport) {
  const at = (id: number, action = '') => `/linode/instances/${id}${action}`;
  const act =
    (verb: 'boot' | 'shutdown' | 'reboot') =>
    (id: number, options: CallOptions = {}) =>
      transport.send({
        ...options,
        name: `instances.${verb}`,
        method: 'POST',
        path: at(id, `/${verb}`),
        body: {},
        answer: nothing,
      });
  return {
    list: (filter?: InstanceFilter, options: CallOptions = {}) =>
      transport.list({
        ...options,
        name: 'instances.list',
        path: '/linode/instances',
        filter,
        item: instance,
        pageSize: 500,
      }),
    get: (id: number, options: CallOptions = {}) =>
      transport.send({ ...options, name: 'instances.get', method: 'GET', path: at(id), answer: instance }),
    create: (body: InstanceCreate, options: CallOptions = {}) =>
      transport.send({
        ...options,
        name: 'instances.create',
        method: 'POST',
        path: '/linode/instances',
        body,
        answer: instance,
      }),
    update: (id: number, body: InstanceUpdate, options: CallOptions = {}) =>
      transport.send({ ...options, name: 'instances.update', method: 'PUT', path: at(id), body, answer: instance }),
    delete: (id: number, options: CallOptions = {}) =>
      transport.send({ ...options, name: 'instances.delete', method: 'DELETE', path: at(id), answer: nothing }),
    boot: act('boot'),
    shutdown: act('shutdown'),
    reboot: act('reboot'),
    rebuild: (id: number, body: InstanceRebuild, options: CallOptions = {}) =>
      transport.send({
        ...options,
        name: 'instances.rebuild',
        method: 'POST',
        path: at(id, '/rebuild'),
        body,
        answer: instance,
      }),
    /** Public and private addresses; those in a VPC are under `vpcs.ips`. */
    ips: (id: number, options: CallOptions = {}) =>
      transport.send({ ...options, name: 'instances.ips', method: 'GET', path: at(id, '/ips'), answer: instanceIps }),
    /** Configuration profiles with the legacy interfaces. */
    configs: (id: number, options: CallOptions = {}) =>
      transport.list({
        ...options,
        name: 'instances.configs',
        path: at(id, '/configs'),
        item: instanceConfig,
        pageSize: 500,
      }),
    firewalls: (id: number, options: CallOptions = {}) =>
      transport.list({
        ...options,
        name: 'instances.firewalls',
        path: at(id, '/firewalls'),
        item: firewall,
        pageSize: 500,
      }),
  };
}
