// The door of linode: the only way to Linode's API v4.
export { createLinodeClient, linodeBaseUrl } from './client.ts';
export type { CallCounts, LinodeClient, LinodeClientOptions } from './client.ts';
export { missingGrants, missingScopes, neededScopes, type Access } from './access.ts';
export { isLinodeError, LinodeError } from './error.ts';
export type { LinodeErrorCode, LinodeReason, Operation } from './error.ts';
export type { CallOptions } from './call.ts';
export type { WaitOptions } from './wait.ts';
export type * from './filter.ts';
export type * from './requests.ts';
export type {
  AccountSettings,
  Firewall,
  FirewallDevice,
  FirewallRule,
  FirewallRules,
  FirewallSettings,
  Grants,
  Image,
  Instance,
  InstanceConfig,
  InstanceIps,
  InstanceType,
  LinodeEvent,
  LinodeInterface,
  NodeBalancer,
  NodeBalancerConfig,
  NodeBalancerNode,
  NodeBalancerType,
  NodeBalancerVpc,
  PlacementGroup,
  Profile,
  Region,
  Subnet,
  Vpc,
  VpcIp,
} from './answers.ts';
