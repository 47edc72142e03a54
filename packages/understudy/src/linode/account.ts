// The account and its owner, and the catalogue of what Linode offers: regions, types, images.
import { z } from 'zod';
import {
  accountSettings,
  event,
  grants,
  image,
  instanceType,
  nodeBalancerType,
  profile,
  region,
  type Grants,
} from './answers.ts';
import type { CallOptions, Transport } from './call.ts';
import type { EventFilter, ImageFilter } from './filter.ts';

export function accountOperations(transport: Transport) {
  return {
    /** Events, newest first as Linode orders them; a long history is bounded, by default to one page of 100. */
    events: (
      filter?: EventFilter,
      options: CallOptions & { readonly maxPages?: number; readonly pageSize?: number } = {},
    ) =>
      transport.list({
        maxPages: 1,
        pageSize: 100,
        ...options,
        name: 'account.events',
        path: '/account/events',
        filter,
        item: event,
      }),
    settings: (options: CallOptions = {}) =>
      transport.send({
        ...options,
        name: 'account.settings',
        method: 'GET',
        path: '/account/settings',
        answer: accountSettings,
      }),
  };
}

export function profileOperations(transport: Transport) {
  const get = { name: 'profile.get', method: 'GET', path: '/profile', answer: profile } as const;
  return {
    get: (options: CallOptions = {}) => transport.send({ ...options, ...get }),
    /** What a restricted user may do; undefined for an unrestricted one (Linode answers 204). */
    grants: (options: CallOptions = {}): Promise<Grants | undefined> =>
      transport.send({
        ...options,
        name: 'profile.grants',
        method: 'GET',
        path: '/profile/grants',
        answer: z.union([z.undefined(), grants]),
      }),
    /**
     * Scopes of the token in use, such as `linodes:read_write` or `*`, from the X-OAuth-Scopes header that Linode adds
     * to every answer; undefined when the endpoint does not send it.
     */
    scopes: async (options: CallOptions = {}): Promise<readonly string[] | undefined> => {
      const { headers } = await transport.sendWithHeaders({ ...options, ...get, name: 'profile.scopes' });
      return headers
        .get('x-oauth-scopes')
        ?.split(/[\s,]+/)
        .filter((scope) => scope !== '');
    },
  };
}

export function catalogueOperations(transport: Transport) {
  return {
    regions: {
      list: (options: CallOptions = {}) =>
        transport.list({ ...options, name: 'regions.list', path: '/regions', item: region }),
      get: (id: string, options: CallOptions = {}) =>
        transport.send({
          ...options,
          name: 'regions.get',
          method: 'GET',
          path: `/regions/${encodeURIComponent(id)}`,
          answer: region,
        }),
    },
    types: {
      list: (options: CallOptions = {}) =>
        transport.list({ ...options, name: 'types.list', path: '/linode/types', item: instanceType }),
      get: (id: string, options: CallOptions = {}) =>
        transport.send({
          ...options,
          name: 'types.get',
          method: 'GET',
          path: `/linode/types/${encodeURIComponent(id)}`,
          answer: instanceType,
        }),
    },
    images: {
      list: (filter?: ImageFilter, options: CallOptions = {}) =>
        transport.list({ ...options, name: 'images.list', path: '/images', filter, item: image, pageSize: 500 }),
      get: (id: string, options: CallOptions = {}) =>
        transport.send({
          ...options,
          name: 'images.get',
          method: 'GET',
          path: `/images/${encodeURIComponent(id)}`,
          answer: image,
        }),
    },
    nodeBalancerTypes: {
      list: (options: CallOptions = {}) =>
        transport.list({
          ...options,
          name: 'nodeBalancerTypes.list',
          path: '/nodebalancers/types',
          item: nodeBalancerType,
        }),
    },
  };
}
