// A class-data archive for the engine's JVM, made once on the machines' own Java: a node then starts in about half the CPU
// time, at every start. The JVM ignores an archive that does not fit it. https://openjdk.org/jeps/350
import { scriptInImage, throwaway } from '../image/script-in-image.ts';
import type { Engine } from './engine.ts';

/** Lies in the engine's home; the start script uses it when it is there. */
export const archiveName = 'classes.jsa';

/** Starts a node that has only loopback, lets it do once what nodes do, and stops it: the classes it used are then written. */
export function archiveScript(engine: Engine): string {
  const env = engine.environmentPrefix;
  const master = engine.name === 'opensearch' ? 'cluster_manager' : 'master';
  return `# The container offers the socket of the host's systemd, which this user may not write to.
unset NOTIFY_SOCKET
mkdir /tmp/node
cp -r /build/config /tmp/node/config
chown -R nobody /tmp/node /build/archive
cd /tmp/node
export ${env}_PATH_CONF=/tmp/node/config ${env}_JAVA_OPTS="-Xms512m -Xmx512m -XX:+UseG1GC -XX:ArchiveClassesAtExit=/build/archive/${archiveName}"
setpriv --reuid nobody --regid nogroup --clear-groups /usr/share/${engine.name}/bin/${engine.name} -Enode.name=one \\
  -Ecluster.initial_${master}_nodes=one -Epath.data=/tmp/node/data -Epath.logs=/tmp/node/logs &
node=$!
url=http://127.0.0.1:9200
curl --silent --fail --retry 60 --retry-delay 1 --retry-connrefused --output /dev/null "$url/_cluster/health?wait_for_status=green&timeout=60s"
json='Content-Type: application/json'
curl --silent --fail --output /dev/null -X PUT "$url/probe" -H "$json" -d '{"settings":{"number_of_replicas":0}}'
curl --silent --fail --output /dev/null -X POST "$url/probe/_bulk?refresh=true" -H 'Content-Type: application/x-ndjson' \\
  --data-binary '{"index":{"_id":"1"}}
{"title":"a document"}
'
curl --silent --fail --output /dev/null "$url/probe/_search" -H "$json" -d '{"query":{"match":{"title":"document"}}}'
curl --silent --fail --output /dev/null "$url/_nodes/stats"
kill "$node"
wait "$node" || true
test -s /build/archive/${archiveName}
`;
}

/**
 * Runs the script on a throwaway copy of the machines' image, with no network but loopback. `work` holds `config/` and an empty `archive/`, which gets the result.
 */
export function archiveCommand(engine: Engine, imageRoot: string, home: string, work: string): string[] {
  return scriptInImage({
    root: imageRoot,
    name: `understudy-archive-${process.pid}`,
    options: [...throwaway, `--bind-ro=${home}:/usr/share/${engine.name}`, `--bind=${work}:/build`],
    script: archiveScript(engine),
  });
}
