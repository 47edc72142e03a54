// The account and its owner, and the catalogue of what Linode offers: regions, types, images.
import { z } from 'zod';
import { accountSettings, event, grants, profile, type Grants } from './answers/account.ts';
import { image, instanceType, nodeBalancerType, region } from './answers/offer.ts';
import { verbs, type CallOptions, type Transport } from './call.ts';
import { isLinodeError } from './error.ts';
import { scopesOf } from './retry-decision.ts';
import type { EventFilter, ImageFilter } from './filter.ts';

/** A long history is bounded, by default to one page of 100. */
export type EventOptions = CallOptions & { readonly maxPages?: number; readonly pageSize?: number };

export function accountOperations(transport: Transport) {
  const linode = verbs(transport);
  return {
    /** Newest first, as Linode orders them. */
    events: (filter?: EventFilter, options: EventOptions = {}) =>
      transport.list({
        maxPages: 1,
        pageSize: 100,
        ...options,
        name: 'account.events',
        path: '/account/events',
        filter,
        item: event,
      }),
    settings: (options?: CallOptions) => linode.get('account.settings', '/account/settings', accountSettings, options),
  };
}

export function profileOperations(transport: Transport) {
  const linode = verbs(transport);
  return {
    get: (options?: CallOptions) => linode.get('profile.get', '/profile', profile, options),
    /** What a restricted user may do; undefined for an unrestricted one (Linode answers 204). */
    grants: (options?: CallOptions): Promise<Grants | undefined> =>
      linode.get('profile.grants', '/profile/grants', grants.optional(), options),
    /**
     * Scopes of the token in use, such as `linodes:read_write` or `*`, from the X-OAuth-Scopes header that Linode adds
     * to its answers and refusals; undefined when the endpoint does not send it.
     */
    scopes: async (options: CallOptions = {}): Promise<readonly string[] | undefined> => {
      try {
        const asked = {
          ...options,
          name: 'profile.scopes',
          method: 'GET',
          path: '/profile',
          answer: z.unknown(),
        } as const;
        const { headers } = await transport.sendWithHeaders(asked);
        return scopesOf(headers);
      } catch (error) {
        if (isLinodeError(error, 'linode-forbidden'))
          return error.facts['tokenScopes'] as readonly string[] | undefined;
        throw error;
      }
    },
  };
}

export function catalogueOperations(transport: Transport) {
  const linode = verbs(transport);
  return {
    regions: {
      list: (options?: CallOptions) => linode.listWhole('regions.list', '/regions', region, options),
      get: (id: string, options?: CallOptions) =>
        linode.get('regions.get', `/regions/${encodeURIComponent(id)}`, region, options),
    },
    types: {
      list: (options?: CallOptions) => linode.listWhole('types.list', '/linode/types', instanceType, options),
      get: (id: string, options?: CallOptions) =>
        linode.get('types.get', `/linode/types/${encodeURIComponent(id)}`, instanceType, options),
    },
    images: {
      list: (filter?: ImageFilter, options?: CallOptions) =>
        linode.list('images.list', '/images', image, options, filter),
      get: (id: string, options?: CallOptions) =>
        linode.get('images.get', `/images/${encodeURIComponent(id)}`, image, options),
    },
    nodeBalancerTypes: {
      list: (options?: CallOptions) =>
        linode.listWhole('nodeBalancerTypes.list', '/nodebalancers/types', nodeBalancerType, options),
    },
  };
}
