// The command line tools in bin/ beside the server. Pure text. The keystore's tool and the automatic configuration are ours; the others
// run the vendor's classes, which are in the published modules.

export const toolJar = 'lib/tools/security-cli/understudy-security-cli.jar';

/** Runs a class with the server's and the security modules' jars; the heap is that of a small tool. */
const cli = `#!/bin/sh
# elasticsearch-cli CLASS ARGUMENTS: runs one command line tool.
set -eu
home=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
if [ -z "\${ES_PATH_CONF:-}" ] && [ "$home" = /usr/share/elasticsearch ] && [ -f /etc/default/elasticsearch ]; then
  . /etc/default/elasticsearch
fi
config=\${ES_PATH_CONF:-$home/config}
java=\${ES_JAVA_HOME:+$ES_JAVA_HOME/bin/java}
java=\${java:-java}
HOSTNAME=\${HOSTNAME:-$(uname -n)}
export HOSTNAME
tool=$1
shift
exec "$java" -Xms16m -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.disable.jmx=true \\
  "-Des.path.home=$home" "-Des.path.conf=$config" -Des.distribution.type=deb "-Dcli.class=\${ES_CLI_CLASS:-}" \\
  -cp "$home/lib/*:$home/lib/tools/security-cli/*:$home/modules/x-pack-core/*:$home/modules/x-pack-security/*" "$tool" "$@"
`;

const own = (className: string): string => `#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/elasticsearch-cli" ${className} "$@"
`;

const vendors = (className: string): string => `#!/bin/sh
ES_CLI_CLASS=${className}
export ES_CLI_CLASS
exec "$(dirname "$(readlink -f "$0")")/elasticsearch-cli" understudy.tools.VendorTool "$@"
`;

const security = 'org.elasticsearch.xpack.security';

/** The vendor's tool that makes the first password of the user elastic; only the package's scripts call it. */
export const generatePassword = `${security}.enrollment.tool.AutoConfigGenerateElasticPasswordHash`;

export const tools: Readonly<Record<string, string>> = {
  'elasticsearch-cli': cli,
  'elasticsearch-keystore': own('understudy.tools.KeystoreTool'),
  'elasticsearch-users': vendors(`${security}.authc.file.tool.UsersTool`),
  'elasticsearch-reset-password': vendors(`${security}.authc.esnative.tool.ResetPasswordTool`),
  'elasticsearch-create-enrollment-token': vendors(`${security}.enrollment.tool.CreateEnrollmentTokenTool`),
};
