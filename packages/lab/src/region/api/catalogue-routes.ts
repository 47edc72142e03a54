// Read-only lists of what Linode offers.
import { balancerTypes, regions, types } from './catalogue.ts';
import { found } from './answer.ts';
import { listRoute, paged, type Route } from './route.ts';

const typeFields = ['class', 'disk', 'gpus', 'label', 'memory', 'network_out', 'transfer', 'vcpus'];
const imageFields = ['deprecated', 'is_public', 'label', 'size', 'status', 'tags', 'type', 'vendor', 'id'];

const kernel = {
  id: 'linode/latest-64bit',
  label: 'Latest 64 bit',
  version: '6.18.0',
  kvm: true,
  architecture: 'x86_64',
  pvops: true,
  deprecated: false,
  built: '2026-01-01T00:00:00',
};

export const catalogueRoutes: readonly Route[] = [
  listRoute('/regions', undefined, () => regions, ['country', 'site_type', 'id', 'label', 'capabilities']),
  {
    method: 'GET',
    path: '/regions/availability',
    scope: undefined,
    handle: (call) => {
      const rows = regions.flatMap((region) =>
        types.map((type) => ({ region: region.id, plan: type.id, available: true })),
      );
      return paged(call, rows, ['region', 'plan', 'available']);
    },
  },
  {
    method: 'GET',
    path: '/regions/:regionId',
    scope: undefined,
    handle: (call) => found(regions.find((region) => region.id === call.params['regionId'])),
  },
  { method: 'GET', path: '/linode/types', scope: undefined, handle: (call) => paged(call, types, typeFields) },
  {
    method: 'GET',
    path: '/linode/types/:typeId',
    scope: undefined,
    handle: (call) => found(types.find((type) => type.id === call.params['typeId'])),
  },
  listRoute('/linode/kernels', undefined, () => [kernel], ['label', 'id']),
  {
    method: 'GET',
    path: '/linode/kernels/*',
    scope: undefined,
    handle: (call) => found(call.params['*'] === kernel.id ? kernel : undefined),
  },
  { method: 'GET', path: '/nodebalancers/types', scope: undefined, handle: (call) => paged(call, balancerTypes, []) },
  listRoute('/images', 'images:read_only', (call) => call.images, imageFields),
  {
    method: 'GET',
    // Ids hold a slash (linode/debian13); clients send it plain or encoded.
    path: '/images/*',
    scope: 'images:read_only',
    handle: (call) => found(call.images.find((image) => image.id === call.params['*'])),
  },
];
