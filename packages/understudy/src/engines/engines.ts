// Looks an engine up by its name. The list of engines is in all.ts.
import * as all from './all.ts';
import type { Dialect } from './dialect.ts';
import type { EngineDefinition } from './engine.ts';
import type { EngineLayout } from './layout.ts';

const engines = all satisfies Readonly<Record<string, EngineDefinition>>;

export type Engine = keyof typeof engines;

export const engineNames = Object.keys(engines) as [Engine, ...Engine[]];

export interface EngineVersion {
  readonly engine: Engine;
  /** `major.minor.patch` */
  readonly version: string;
}

/** The definition of an engine, without what TypeScript knows of this one alone. */
export function engineNamed(engine: Engine): EngineDefinition {
  return engines[engine];
}

/** Where each engine's own Debian package puts things. */
export const engineLayouts = Object.fromEntries(engineNames.map((name) => [name, engines[name].layout])) as Readonly<
  Record<Engine, EngineLayout>
>;

/** What the HTTP interface of an engine at a version calls differently. */
export function dialectOf({ engine, version }: EngineVersion): Dialect {
  return engineNamed(engine).dialect(version);
}
