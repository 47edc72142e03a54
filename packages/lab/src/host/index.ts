// The host under the lab's machines, for benches that limit or tune it.
export { detectCgroupLayout, type CgroupLayout } from './cgroup.ts';
export { raiseSettings, restoreSettings } from './settings.ts';
