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
export type { AccountSettings, Grants, LinodeEvent, Profile } from './answers/account.ts';
export type {
  Firewall,
  FirewallDevice,
  FirewallRule,
  FirewallRules,
  PlacementGroup,
  Subnet,
  Vpc,
  VpcIp,
} from './answers/network.ts';
export type { Image, InstanceType, NodeBalancerType, Region } from './answers/offer.ts';
export type { Domain, DomainRecord } from './answers/domain.ts';
export type { Instance, InstanceConfig, InstanceIps, LinodeInterface } from './answers/instance.ts';
export type { NodeBalancer, NodeBalancerConfig, NodeBalancerNode, NodeBalancerVpc } from './answers/node-balancer.ts';
export type {
  FirewallRuleBody,
  FirewallRulesBody,
  InstanceCreate,
  NodeBalancerConfigBody,
  NodeBalancerNodeBody,
} from './requests.ts';
