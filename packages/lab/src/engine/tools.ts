// Command line tools in bin/ beside the server. Pure text.
import { fileURLToPath } from 'node:url';
import type { Engine, EngineName } from './engine.ts';

/** Of the keystore's tool, which no vendor publishes. */
export const keystoreSource = fileURLToPath(new URL('./java/KeystoreTool.java', import.meta.url));

const keystoreFolder = 'lib/tools/keystore-cli';

/** Path of its jar in the home -> the package of its class. */
export const keystoreJar = (name: EngineName): Readonly<Record<string, string>> => ({
  [`${keystoreFolder}/understudy-keystore-cli.jar`]: keystorePackage(name),
});

const keystorePackage = (name: EngineName): string => `org.${name}.common.settings`;

/** Runs a class with the server's jars, the keystore's tool and the jars of `folders` of the home; the heap is that of a small tool. */
export function cliScript(
  {
    name,
    environmentPrefix: env,
    propertyPrefix: prefix,
  }: Pick<Engine, 'name' | 'environmentPrefix' | 'propertyPrefix'>,
  folders: readonly string[] = [],
  flags: readonly string[] = [],
): string {
  const classPath = ['lib', keystoreFolder, ...folders].map((folder) => `$home/${folder}/*`).join(':');
  const further = flags.map((flag) => ` ${flag}`).join('');
  return `#!/bin/sh
# ${name}-cli CLASS ARGUMENTS: runs one command line tool.
set -eu
home=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
if [ -z "\${${env}_PATH_CONF:-}" ] && [ "$home" = /usr/share/${name} ] && [ -f /etc/default/${name} ]; then
  . /etc/default/${name}
fi
config=\${${env}_PATH_CONF:-$home/config}
java=\${${env}_JAVA_HOME:+$${env}_JAVA_HOME/bin/java}
java=\${java:-java}
HOSTNAME=\${HOSTNAME:-$(uname -n)}
export HOSTNAME
tool=$1
shift
exec "$java" -Xms16m -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.disable.jmx=true \\
  "-Dunderstudy.path.conf=$config" "-D${prefix}.path.home=$home" "-D${prefix}.path.conf=$config" -D${prefix}.distribution.type=deb${further} \\
  -cp "${classPath}" "$tool" "$@"
`;
}

export const keystoreScript = (name: EngineName): string => `#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/${name}-cli" ${keystorePackage(name)}.KeystoreTool "$@"
`;
