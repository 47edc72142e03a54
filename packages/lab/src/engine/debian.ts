// The Debian package around the engine: control data, and what is the same for both. What its scripts do is each engine's own. Pure text.
import { conffiles } from './configuration.ts';
import type { Engine } from './engine.ts';

export const packageFileName = (engine: Engine): string => `${engine.name}_${engine.version}_amd64.deb`;

export function controlFile(engine: Engine, installedKilobytes: number): string {
  return `Package: ${engine.name}
Version: ${engine.version}
Architecture: amd64
Maintainer: Understudy lab <lab@understudy.invalid>
Installed-Size: ${installedKilobytes}
Depends: ${['adduser', 'libzstd1', ...(engine.depends ?? [])].join(', ')}, openjdk-21-jre-headless | java${engine.javaMajor}-runtime-headless
Section: web
Priority: optional
Homepage: ${engine.documentation}
Description: ${engine.title} for the lab, from its published jars
 The real server with the names, places and unit of the vendor's own package, without
 the vendor's modules that are not published: ${engine.lacks}.
`;
}

/** Files dpkg keeps when the administrator changed them. */
export function conffilesList(engine: Engine, further: readonly string[] = []): string {
  return `${[...conffiles(engine).map((file) => file.path), ...further].join('\n')}\n`;
}

/** Engines map their files into memory; the vendor's package raises the limit in the same file. */
export function sysctlFile(engine: Engine): string {
  return `vm.max_map_count=${engine.name === 'opensearch' ? 262144 : 1048576}\n`;
}
