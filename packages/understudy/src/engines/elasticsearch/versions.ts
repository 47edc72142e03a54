// Which versions of Elasticsearch this tool knows, and which can follow which. A new version is added here.
import type { UpgradeRules } from '../engine.ts';

export const majors = [8, 9] as const;
export const newestTried = [9, 5] as const;

/**
 * 'Major upgrades must be performed from the latest minor version of the previous major'
 * https://www.elastic.co/docs/deploy-manage/upgrade#upgrade-paths (9.0 was released beside 8.18 and before 8.19);
 * 7.17 for 8: https://www.elastic.co/guide/en/elastic-stack/8.18/upgrading-elastic-stack.html
 */
export const upgrades: UpgradeRules = {
  stepBefore([major, minor]) {
    if (major === 9) return minor === 0 ? [8, 18] : [8, 19];
    return major === 8 ? [7, 17] : undefined;
  },
  olderThanItsNumber: ([fromMajor, fromMinor], [major, minor]) =>
    fromMajor === 8 && fromMinor > 18 && major === 9 && minor === 0 ? '9.1 or later' : undefined,
};
