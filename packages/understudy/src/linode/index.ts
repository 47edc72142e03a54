// Linode: the only way to Linode's API v4.
export type * from './filter.ts';
export type * from './requests.ts';
export {
  type CallCounts,
  createLinodeClient,
  linodeBaseUrl,
  type LinodeClient,
  type LinodeClientOptions,
} from './client.ts';
export { type Access, missingGrants, missingScopes, neededScopes } from './access.ts';
export { isLinodeError, LinodeError, type LinodeErrorCode, type Operation } from './error.ts';
export type { LinodeReason } from './reason.ts';
export type { CallOptions } from './call.ts';
export type { WaitOptions } from './wait.ts';
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
export type {
  FirewallRuleBody,
  FirewallRulesBody,
  InstanceCreate,
  NodeBalancerConfigBody,
  NodeBalancerNodeBody,
} from './requests.ts';
