// What each object of a topology is called at Linode, in one place. VPCs, subnets and placement groups carry no tags, so
// their labels are how they are found again.
import type { Guarded, Role } from './model.ts';

/** The tag on every object that can carry one. Linode's limit is 3-50 characters; this has 12-27. */
export function tagOf(name: string): string {
  return `understudy:${name}`;
}

/** Linode's limit is 3-64 characters. */
export function machineLabel(name: string, role: Role, ordinal: number): string {
  return `${name}-${role}-${ordinal}`;
}

/** Linode's limit is 1-64 of letters, digits and dashes. */
export function vpcLabel(name: string): string {
  return `${name}-vpc`;
}

export function subnetLabel(name: string): string {
  return `${name}-subnet`;
}

/** Linode's limit is 3-32 characters. */
export function firewallLabel(name: string, guards: Guarded): string {
  return `${name}-${guards}`;
}

/** `group` is 1-based; more than one only where a role has more machines than a group holds. */
export function placementGroupLabel(name: string, role: Role, group = 1): string {
  return group === 1 ? `${name}-${role}` : `${name}-${role}-group-${group}`;
}

/** Linode's limit is 3-32 characters. */
export function balancerLabel(name: string): string {
  return `${name}-balancer`;
}

/** The subject of steps, findings and orders about the cluster as a whole. */
export function clusterSubjectOf(name: string): string {
  return `${name}-cluster`;
}
