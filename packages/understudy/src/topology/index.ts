// The door of topology: what should exist, from one file.
export type * from './model.ts';
export { parseTopology, problemAt } from './parse.ts';
export { TopologyError, type Problem } from './problem.ts';
export { unsupportedVersion } from './engine-versions.ts';
export { regionProblems, type RegionOffer } from './region.ts';
export { machinePlans, placementGroupLabels } from './plan.ts';
export { letsIn } from './address.ts';
export { balancerLabel, firewallLabel, subnetLabel, tagOf, vpcLabel } from './labels.ts';
export { topologyJsonSchema } from './json-schema.ts';
export { exampleTopology } from './example.ts';
export { targetNames, type TargetName } from './target-name.ts';
export { topologyWarnings, type Warning } from './warnings.ts';
