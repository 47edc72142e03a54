// The engine's bin/ script: finds Java, gathers JVM options as the vendor's launcher does, becomes the JVM. Pure text.
import { archiveName } from './class-archive.ts';
import type { Engine } from './engine.ts';

const sharedJvmFlags = [
  '-XX:+AlwaysPreTouch',
  '-Xss1m',
  '-Djava.awt.headless=true',
  '-Dfile.encoding=UTF-8',
  '-Djna.nosys=true',
  '-XX:-OmitStackTraceInFastThrow',
  '-Dio.netty.noUnsafe=true',
  '-Dio.netty.noKeySetOptimization=true',
  '-Dio.netty.recycler.maxCapacityPerThread=0',
  '-Dlog4j.shutdownHookEnabled=false',
  '-Dlog4j2.disable.jmx=true',
  '-Djava.locale.providers=CLDR',
];

/**
 * The script at `<home>/bin/<engine>`. Options are read from `jvm.options` and `jvm.options.d/*.options` (sorted), with the
 * vendor's `17-:-flag` version prefixes, then from `ES_JAVA_OPTS`; later ones win. With no heap given, half of the memory
 * that the machine's limits leave, as the vendor's launcher chooses.
 * https://www.elastic.co/docs/reference/elasticsearch/jvm-settings
 */
export function startScript(engine: Engine): string {
  const { environmentPrefix: env, propertyPrefix: prefix } = engine;
  return `#!/bin/sh
# Starts one ${engine.title} node in the foreground. Arguments are settings: -Enode.name=search-1
set -eu

home=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
config=\${${env}_PATH_CONF:-$home/config}
java=\${${env}_JAVA_HOME:+$${env}_JAVA_HOME/bin/java}
java=\${java:-java}
HOSTNAME=\${HOSTNAME:-$(uname -n)}
export HOSTNAME


# The release file beside the runtime tells its version without the cost of starting it.
runtime=$(dirname "$(dirname "$(readlink -f "$(command -v "$java" || echo /no/java)")")")
major=$(sed -n 's/^JAVA_VERSION="\\([0-9]*\\).*/\\1/p' "$runtime/release" 2>/dev/null || true)
if [ "\${major:-0}" -lt ${engine.javaMajor} ]; then
  echo "${engine.name} ${engine.version} needs Java ${engine.javaMajor} or later; '$java' is version '\${major:-none}'. Install it or set ${env}_JAVA_HOME." >&2
  exit 1
fi

# A line is "-flag", or "from-to:-flag", "from-:-flag", "only:-flag" for certain Java versions.
options=$(for file in "$config/jvm.options" "$config"/jvm.options.d/*.options; do
  if [ -f "$file" ]; then cat "$file"; echo; fi
done | awk -v major="$major" '
  /^[ \\t]*(#|$)/ { next }
  { sub(/^[ \\t]+/, ""); sub(/[ \\t]+$/, "") }
  /^-/ { print; next }
  match($0, /^[0-9]+(-[0-9]*)?:/) {
    range = substr($0, 1, RLENGTH - 1); flag = substr($0, RLENGTH + 1)
    from = range + 0; to = from
    if (range ~ /-/) { to = range; sub(/^[0-9]+-/, "", to); to = to == "" ? major : to + 0 }
    if (from <= major + 0 && major + 0 <= to + 0) print flag
    next
  }
  { print "cannot read this line of the JVM options: " $0 > "/dev/stderr"; bad = 1 }
  END { exit bad }
')

heap=
case "$options \${${env}_JAVA_OPTS:-}" in
  *-Xmx* | *MaxRAMPercentage*) ;;
  *) heap="-XX:InitialRAMPercentage=50 -XX:MaxRAMPercentage=50" ;;
esac

# The order of the jars decides whether the class archive fits; a shell pattern is sorted, the JVM's own wildcard is not.
classpath=$(printf '%s:' "$home"/lib/*.jar)
archive=
if [ -f "$home/${archiveName}" ]; then archive="-XX:SharedArchiveFile=$home/${archiveName} -Xlog:cds=off"; fi

cd "$home"
# Options are words: no path in them may hold a space, which is the vendor's rule too.
# shellcheck disable=SC2086
exec "$java" \\
${[...sharedJvmFlags, ...engine.jvmFlags].map((flag) => `  ${flag} \\`).join('\n')}
  $heap $archive $options \${${env}_JAVA_OPTS:-} \\
  "-D${prefix}.path.home=$home" "-D${prefix}.path.conf=$config" \\
  -cp "\${classpath%:}" ${engine.mainClass} "$@"
`;
}
