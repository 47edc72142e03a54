// The Debian package around the engine: control data and maintainer scripts, doing what the vendor's do. Pure text.
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
 the vendor's modules that are not published: ${engine.lacks ?? 'no security, no snapshots to object stores'}.
`;
}

/** Files dpkg keeps when the administrator changed them. */
export function conffilesList(engine: Engine): string {
  return `${conffiles(engine)
    .map((file) => file.path)
    .join('\n')}\n`;
}

/** Makes user and folders; does not start the service, as the vendor's does not. */
export function postinst(engine: Engine): string {
  const { name, maintainerScripts } = engine;
  if (maintainerScripts !== undefined) return maintainerScripts.postinst;
  return `#!/bin/sh
set -e
if [ "$1" = configure ]; then
  getent group ${name} >/dev/null || addgroup --quiet --system ${name}
  getent passwd ${name} >/dev/null || adduser --quiet --system --no-create-home --home /nonexistent \\
    --ingroup ${name} --disabled-password --shell /bin/false ${name}
  chown -R root:${name} /etc/${name}
  chmod 2750 /etc/${name}
  chmod 660 /etc/${name}/${name}.yml /etc/${name}/jvm.options /etc/${name}/log4j2.properties
  chown ${name}:${name} /var/lib/${name} /var/log/${name}
  chmod 2750 /var/lib/${name} /var/log/${name}
  if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
  # A container may not write the host's kernel settings; there the host sets them.
  if [ -x /usr/lib/systemd/systemd-sysctl ]; then /usr/lib/systemd/systemd-sysctl ${name}.conf || true; fi
fi
`;
}

/** The service goes down with the package, and stays up when it is upgraded: an upgrade is restarted by the one who does it. */
export function prerm(engine: Engine): string {
  if (engine.maintainerScripts !== undefined) return engine.maintainerScripts.prerm;
  return `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl --no-reload stop ${engine.name}.service || true
  systemctl disable ${engine.name}.service || true
fi
`;
}

/** Data outlives even a purge; it is the administrator's to delete. */
export function postrm(engine: Engine): string {
  const { name, maintainerScripts } = engine;
  if (maintainerScripts !== undefined) return maintainerScripts.postrm;
  return `#!/bin/sh
set -e
if [ "$1" = purge ]; then rm -rf /etc/${name}/jvm.options.d /var/log/${name}; fi
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
`;
}

/** Engines map their files into memory; the vendor's package raises the limit in the same file. */
export function sysctlFile(): string {
  return 'vm.max_map_count=1048576\n';
}
