// Which versions of OpenSearch this tool knows, and which can follow which. A new version is added here.
import type { UpgradeRules } from '../engine.ts';

export const majors = [2, 3] as const;
export const newestTried = [3, 4] as const;

/**
 * 'The minimum required cluster version for upgrades to 3.x.x is 2.19.0', and only adjacent majors
 * https://docs.opensearch.org/latest/migrate-or-upgrade/rolling-upgrade/
 */
export const upgrades: UpgradeRules = {
  stepBefore: ([major]) => (major === 3 ? [2, 19] : major === 2 ? [1, 0] : undefined),
  olderThanItsNumber: () => undefined,
};
