// Topology: what should exist, from one file.
export type {
  AcmeOptions,
  DrillGoals,
  Guarded,
  Gateway,
  Index,
  Listener,
  MachinePlan,
  Role,
  Search,
  Topology,
  WorkloadAdapter,
} from './model.ts';
export { parseTopology, problemAt } from './parse.ts';
export { type Problem, TopologyError } from './problem.ts';
export { type RegionOffer, regionProblems } from './region.ts';
export { machinePlans, vpcAddressOf, placementGroupLabels } from './plan.ts';
export { acmeOf, answersChallenges } from './acme-options.ts';
export { balancerSource } from './balancer-source.ts';
export { redirectListener } from './https-redirect.ts';
export { letsIn } from './address.ts';
export { balancerLabel, clusterSubjectOf, firewallLabel, subnetLabel, tagOf, vpcLabel } from './labels.ts';
export { programsOfImage } from './images.ts';
export { schemaFileName, topologyJsonSchema } from './json-schema.ts';
export { exampleTopology } from './example.ts';
export { type TargetName, targetNames } from './target-name.ts';
export { topologyWarnings, type WarnedTarget } from './warnings.ts';
export type { Warning } from './warning.ts';
