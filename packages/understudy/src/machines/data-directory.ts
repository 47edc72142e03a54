// What an engine's data directory holds, judged on the machine itself: for the look at a machine, and in the moment in which something
// is about to be done that would be wrong beside a cluster's data.
import { askFunctions } from './shell-functions.ts';
import type { EngineLayout } from '../engines/index.ts';

/**
 * What an engine left in its data directory. Elasticsearch keeps its state in _state, Elasticsearch 7 and OpenSearch in
 * nodes/0/_state, both as a Lucene index whose last commit says in the clear which cluster it belongs to (cluster_uuid, since
 * Elasticsearch 8) and how many cluster states were accepted. What packages put there (performance_analyzer_enabled.conf), lock
 * files, and the file `nodes` of Elasticsearch 8 are no state.
 */
export const dataDirectoryFunctions = `
directory() { if inspect; then seen "$holds$tab$uuid$tab$indices"; fi; }
# Sets $holds, $uuid and $indices, or says that $subject is absent or unknown, and fails.
inspect() {
  # A running engine replaces its commit at any moment, and reading it may then fail.
  for attempt in 1 2 3; do
    entries || { explain_file find; return 1; }
    commits && break
  done
  [ $rc = 0 ] || { explain grep; return 1; }
  case $committed in true) ;; *) uuid=- ;; esac
  case $indices:$state:$version:$committed in
    yes:* | *:older:* | *:true) holds=cluster ;;
    *:none:*) holds=empty ;;
    *:bare:* | *:0:*) holds=node-only ;;
    *:-:*) unknown unreadable the engine\\'s state there does not say whether it belongs to a cluster; return 1 ;;
    *) holds=cluster ;;
  esac
}
# What of an engine lies there: its state (none, bare of any commit, older, commit), the files of its commits, any index.
entries() {
  root=$subject/. state=none files= indices=no
  ask find -H "$root" -ignore_readdir_race -mindepth 1 -maxdepth 4 '(' \\
    -path "$root/indices/*" -o -path "$root/nodes/*/indices/*" -o \\
    -path "$root/_state/*" -o -path "$root/nodes/*/_state/*" ')' -print -prune || return 1
  for entry in $said; do
    case $entry in
      */indices/*) indices=yes ;;
      */_state/segments_*) state=commit files="$files $entry" ;;
      */_state/global-*) state=older ;;
      *) [ $state = none ] && state=bare ;;
    esac
  done
  rc=0
}
# A commit says in the clear: cluster_uuid, cluster_uuid_committed, last_accepted_version, each before its value.
commits() {
  uuid=- committed=- version=-
  for file in $files; do
    ask grep -aoE '[[:print:]]+' -- "$file" || return 1
    before=
    for word in $said; do
      case $before in
        cluster_uuid) uuid=$word ;;
        cluster_uuid_committed) [ $committed = true ] || committed=$word ;;
        last_accepted_version) case $version in - | 0) version=$word ;; esac ;;
      esac
      before=$word
    done
  done
}
`;

/** Exit code of a script that found in the data directory what it must not touch. */
export const clusterDataFound = 3;

/**
 * Lines of a script: it ends with 3 unless the data directory holds no cluster's state, or the settings file is exactly the one
 * with this hash. An interrupted first formation continues; with any other state a bootstrap is refused.
 */
export function bootstrapGuard(layout: EngineLayout, bootstrapConfigHash: string): string {
  return `if ! echo '${bootstrapConfigHash}  ${layout.configFile}' | sha256sum -c --status 2>/dev/null; then (
${askFunctions}${dataDirectoryFunctions}
kind=directory subject=${layout.dataDirectory} holds=
said_of_data=$(directory)
case $said_of_data in
  *"$tab"absent | *"$tab"seen"$tab"empty"$tab"* | *"$tab"seen"$tab"node-only"$tab"*) ;;
  *) echo "This machine must not form a new cluster: $said_of_data" >&2; exit ${clusterDataFound} ;;
esac
) || exit $?; fi`;
}

/** The state that is to be moved aside, as it was seen; the script refuses when it finds another. */
export interface StrayState {
  /** As observed: undefined where the engine does not say it on its disk. */
  readonly clusterUuid: string | undefined;
  /** Hashes of the settings files that the tool writes there: with these the state may be that of its own cluster. */
  readonly ownConfigHashes: readonly string[];
}

/**
 * For an engine that was started once before its settings came, and made a cluster of its own: with that state it would never join
 * another. The state is moved to a directory beside, not deleted, the engine is stopped first and not started again. It refuses
 * (exit code 3) beside shards of any index, with settings that are the tool's own, and where the state is not the one that was
 * seen. Running it again does nothing: the directory holds no state then.
 */
export function setDataAsideScript(layout: EngineLayout, { clusterUuid = '-', ownConfigHashes }: StrayState): string {
  const { dataDirectory: data, configFile, unit } = layout;
  return `${askFunctions}${dataDirectoryFunctions}
kind=directory subject=${data}
refuse() { echo "${data} stays as it is: $*" >&2; exit ${clusterDataFound}; }
stray() {
  found=$(directory)
  case $found in
    *"$tab"seen"$tab"cluster"$tab"'${clusterUuid}'"$tab"no) ;;
    *"$tab"absent | *"$tab"seen"$tab"empty"$tab"* | *"$tab"seen"$tab"node-only"$tab"*) echo 'no state to move'; exit 0 ;;
    *) refuse "$found" ;;
  esac
}
stray
for hash in ${ownConfigHashes.join(' ')}; do
  if echo "$hash  ${configFile}" | sha256sum -c --status 2>/dev/null; then refuse '${configFile} is one of this system'; fi
done
timeout 120 systemctl stop ${unit} || refuse 'its engine could not be stopped'
case $(timeout 10 systemctl show -p ActiveState --value ${unit}) in inactive | failed) ;; *) refuse 'its engine runs' ;; esac
stray
aside=${data}.before-$(date -u +%Y%m%dT%H%M%SZ)
mkdir "$aside" && chown --reference=${data} "$aside" && chmod --reference=${data} "$aside" || exit 1
for state in _state nodes; do
  [ ! -d "${data}/$state" ] || mv "${data}/$state" "$aside/" || exit 1
done
echo "moved to $aside"
`;
}
