// The vendors' package repositories.
import { engineNamed, type EngineVersion } from './engines.ts';
import type { PackageRepository } from './layout.ts';

/** The vendor's own repository for the major line of `version`. */
export function vendorRepository({ engine, version }: EngineVersion): PackageRepository {
  const { uri, keyUrl } = engineNamed(engine).repository(`${version.split('.')[0] ?? version}.x`);
  return { uri, suite: 'stable', components: ['main'], key: { kind: 'url', url: keyUrl }, securityModule: true };
}
