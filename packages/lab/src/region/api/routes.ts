// Every operation of Linode's API that the lab answers; any other path is answered as Linode answers an unknown one.
import { accountRoutes } from './account.ts';
import { balancerConfigRoutes } from './balancer-configs.ts';
import { balancerNodeRoutes } from './balancer-nodes.ts';
import { balancerRoutes } from './balancers.ts';
import { catalogueRoutes } from './catalogue-routes.ts';
import { domainRoutes } from './domains.ts';
import { firewallDeviceRoutes } from './firewall-devices.ts';
import { firewallRoutes } from './firewalls.ts';
import { addressRoutes } from './instance-addresses.ts';
import { instanceConfigRoutes } from './instance-configs.ts';
import { instanceRoutes } from './instances.ts';
import { placementRoutes } from './placement.ts';
import type { Route } from './route.ts';
import { tagRoutes } from './tags.ts';
import { vpcRoutes } from './vpcs.ts';

export const routes: readonly Route[] = [
  ...catalogueRoutes,
  ...instanceRoutes,
  ...instanceConfigRoutes,
  ...addressRoutes,
  ...vpcRoutes,
  ...firewallRoutes,
  ...firewallDeviceRoutes,
  ...placementRoutes,
  ...balancerRoutes,
  ...balancerConfigRoutes,
  ...balancerNodeRoutes,
  ...domainRoutes,
  ...tagRoutes,
  ...accountRoutes,
];
