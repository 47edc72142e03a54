// The files that OpenSearch's package puts on a machine beside its home: configuration with the vendor's values, and what lies in
// the data directory before any engine has run. Pure text.
import type { Engine } from '../engine.ts';

/**
 * jvm.options. The heap is the vendor's 1 GB unless a file in jvm.options.d says otherwise. What decides which code may connect and
 * read stands here as in the vendor's: of 2 the security manager, of 3 the agent, which no JVM from 24 on starts with together.
 * One line is the lab's own, as for Elasticsearch: only the first compiler works.
 */
export function openSearchJvmOptions(engine: Engine): string {
  return `## JVM configuration. Put your own options into jvm.options.d/NAME.options
-Xms1g
-Xmx1g
11-:-XX:+UseG1GC
11-:-XX:G1ReservePercent=25
11-:-XX:InitiatingHeapOccupancyPercent=30
# The lab's, not the vendor's: many young engines share few cores.
-XX:TieredStopAtLevel=1
-Djava.io.tmpdir=/tmp
-XX:+HeapDumpOnOutOfMemoryError
-XX:HeapDumpPath=/var/lib/opensearch
-XX:ErrorFile=/var/log/opensearch/hs_err_pid%p.log
9-:-Xlog:gc*,gc+age=trace,safepoint:file=/var/log/opensearch/gc.log:utctime,pid,tags:filecount=32,filesize=64m
${openSearchHomeOptions(engine)}`;
}

/** The part of it without which no node starts, from whatever place. */
export function openSearchHomeOptions(engine: Engine): string {
  const two = Number(engine.version.split('.')[0]) === 2;
  return `20-:--add-modules=jdk.incubator.vector\n${two ? twoOptions : threeOptions(engine)}`;
}

const twoOptions = `18-:-Djava.security.manager=allow
-Djava.util.concurrent.ForkJoinPool.common.threadFactory=org.opensearch.secure_sm.SecuredForkJoinWorkerThreadFactory
`;

const threeOptions = (engine: Engine): string => `21-:-javaagent:agent/opensearch-agent-${engine.version}.jar
-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1
25-:-XX:+UseCompactObjectHeaders
`;

/** opensearch.yml: only the paths are set. */
export const openSearchNodeConfiguration = `# Settings: https://opensearch.org/docs/latest/
path.data: /var/lib/opensearch
path.logs: /var/log/opensearch
`;

/** /etc/default/opensearch: read by the unit, which writes its process id below PID_DIR. */
export const environmentDefaults = `OPENSEARCH_HOME=/usr/share/opensearch
#OPENSEARCH_JAVA_HOME=
OPENSEARCH_PATH_CONF=/etc/opensearch
PID_DIR=/var/run/opensearch
#OPENSEARCH_JAVA_OPTS=
OPENSEARCH_STARTUP_SLEEP_TIME=5
OPENSEARCH_SD_NOTIFY=true
`;

/** Hands a passphrase of the keystore to the start script. */
export const systemdEntrypoint = `#!/bin/sh
set -e
if [ -n "$OPENSEARCH_KEYSTORE_PASSPHRASE_FILE" ]; then exec < "$OPENSEARCH_KEYSTORE_PASSPHRASE_FILE"; fi
exec /usr/share/opensearch/bin/opensearch "$@"
`;

/** Files that are not configuration: path -> content. The first makes a fresh data directory one that is not empty. */
export const placedFiles: Readonly<Record<string, string>> = {
  '/var/lib/opensearch/performance_analyzer_enabled.conf': 'true\n',
  '/usr/lib/tmpfiles.d/opensearch.conf': 'd /var/run/opensearch 0755 opensearch opensearch - -\n',
};

/** Symbolic links in /usr/share/opensearch; the vendor's package brings a Java of its own where the lab's has Debian's. */
export const homeLinks: Readonly<Record<string, string>> = {
  data: '/var/lib/opensearch',
  logs: '/var/log/opensearch',
  jdk: '/usr/lib/jvm/java-21-openjdk-amd64',
};
