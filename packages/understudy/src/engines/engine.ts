// What this tool has to know of an engine. Each engine is one folder that gives one such value, and one line in all.ts.
import type { Dialect } from './dialect.ts';
import type { FailoverProfile } from './failover-profiles.ts';
import type { EngineLayout } from './layout.ts';
import type { EngineSecurity } from './security.ts';
import type { StartCheck } from './start-check.ts';

/** Major, minor and patch number. */
export type VersionNumbers = readonly [major: number, minor: number, patch: number];

export interface EngineDefinition {
  /** Major versions whose settings, packages and API this tool knows, oldest first. */
  readonly majors: readonly number[];
  /** The newest minor version that this tool was run against. */
  readonly newestTried: readonly [major: number, minor: number];
  readonly layout: EngineLayout;
  /** The vendor's apt repository for a line such as `9.x`, and where its key is. */
  readonly repository: (line: string) => { readonly uri: string; readonly keyUrl: string };
  readonly settings: EngineSettingNames;
  readonly security: EngineSecurity;
  /** What the HTTP interface of this version calls differently. */
  readonly dialect: (version: string) => Dialect;
  readonly upgrades: UpgradeRules;
  readonly startCheck: StartCheck;
}

/** What differs between the engines' settings files. */
export interface EngineSettingNames {
  /** The setting that names the masters of a cluster that has not formed yet. */
  readonly initialMasters: string;
  /** Values of `node.roles` for a node that does everything. */
  readonly roles: readonly string[];
  /** Settings of a failover profile beyond those of both engines; a profile that has none is missing. */
  readonly failover: Partial<Record<FailoverProfile, Readonly<Record<string, unknown>>>>;
  /** Settings that switch the vendor's security module off. */
  readonly securityOff: Readonly<Record<string, unknown>>;
}

export interface UpgradeRules {
  /** The oldest release from which this one is reached by a rolling upgrade over a major; undefined when there is none. */
  readonly stepBefore: (to: VersionNumbers) => readonly [major: number, minor: number] | undefined;
  /**
   * For a higher number that is an older release all the same: which version to upgrade to, as words that follow 'go to'.
   * Undefined when the higher number is the newer release.
   */
  readonly olderThanItsNumber: (from: VersionNumbers, to: VersionNumbers) => string | undefined;
}
