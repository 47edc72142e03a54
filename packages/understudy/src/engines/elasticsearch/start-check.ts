// Reads elasticsearch.yml, the names in the keystore and which files the engine's user can read, and says what of it Elasticsearch refuses
// at its start. The rules are those of its x-pack (SSLService, TransportTLSBootstrapCheck, the secure settings); values of secrets are
// never read. Not checked: names of settings that do not exist, and passwords that do not open a file.
import { readStartAnswer, startUnread, type StartCheck } from '../start-check.ts';
import { refusedSettings, type StartInput } from './start-refusals.ts';

const directory = '/etc/elasticsearch';
const user = 'elasticsearch';
const keystoreTool = '/usr/share/elasticsearch/bin/elasticsearch-keystore';

/** Lines of a word and a value, between tabs; `end` comes last, so that a text that was cut off is told from a complete one. */
const script = `LC_ALL=C
export LC_ALL
cd ${directory} || exit 1
own() { setpriv --reuid ${user} --regid ${user} --init-groups "$@" 2>/dev/null </dev/null; }
printf 'settings\\t%s\\n' "$(base64 -w 0 elasticsearch.yml)"
own find . -type f -readable -printf 'readable\\t%P\\n'
if [ ! -e elasticsearch.keystore ]; then printf 'keystore\\tabsent\\n'
elif ! own test -r elasticsearch.keystore; then printf 'keystore\\tunreadable\\n'
elif [ ! -x ${keystoreTool} ]; then printf 'keystore\\tno tool\\n'
elif names=$(ES_PATH_CONF=${directory} own ${keystoreTool} list); then
  printf 'keystore\\tread\\n'
  for name in $names; do printf 'entry\\t%s\\n' "$name"; done
elif ES_PATH_CONF=${directory} own ${keystoreTool} has-passwd >/dev/null; then printf 'keystore\\tpassword\\n'
else printf 'keystore\\tbroken\\n'
fi
printf 'end\\n'
`;

const keystoreStates = ['absent', 'unreadable', 'no tool', 'read', 'password', 'broken'] as const;

function inputOf(printed: string): StartInput {
  const { settings, keystore, values } = readStartAnswer(printed, { file: 'elasticsearch.yml', keystoreStates });
  if (keystore === 'no tool') throw startUnread(`there is no ${keystoreTool}`, 'Reinstall the package');
  if (keystore === 'broken') {
    throw startUnread(`${keystoreTool} list failed`, `Run it on the machine to see why, then try again`);
  }
  return { settings, keystore, entries: new Set(values('entry')), readable: new Set(values('readable')) };
}

export const startCheck: StartCheck = { script, refusals: (printed) => refusedSettings(inputOf(printed)) };
