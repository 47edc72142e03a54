// Reads opensearch.yml, which files the engine's user can read, and the state of the keystore, and says what of it OpenSearch refuses at
// its start. No secret is read. Not checked: names of settings that do not exist, what is inside of certificates, and the keystore's entries.
import { readStartAnswer, type StartCheck } from '../start-check.ts';
import { keystoreStates, refusedSettings, type StartInput } from './start-refusals.ts';

const directory = '/etc/opensearch';
const user = 'opensearch';

/**
 * Lines of a word and a value, between tabs; `end` comes last, so that a text that was cut off is told from a complete one. A keystore
 * begins with the 17 bytes of its file format, then its version, then 1 when it has a password; the engine makes a missing one itself.
 */
const script = `LC_ALL=C
export LC_ALL
cd ${directory} || exit 1
own() { setpriv --reuid ${user} --regid ${user} --init-groups "$@" 2>/dev/null </dev/null; }
printf 'settings\\t%s\\n' "$(base64 -w 0 opensearch.yml)"
own find . -type f -readable -printf 'readable\\t%P\\n'
if [ ! -e opensearch.keystore ]; then
  if own test -w .; then printf 'keystore\\tto be made\\n'; else printf 'keystore\\tabsent\\n'; fi
elif ! own test -r opensearch.keystore; then printf 'keystore\\tunreadable\\n'
else
  head=$(od -An -v -tx1 -N 64 opensearch.keystore | tr -d ' \\n')
  name=$(printf opensearch.keystore | od -An -v -tx1 | tr -d ' \\n')
  case "$head" in
    3fd76c17*"$name"????????01*) printf 'keystore\\tpassword\\n' ;;
    3fd76c17*) printf 'keystore\\tread\\n' ;;
    *) printf 'keystore\\tbroken\\n' ;;
  esac
fi
printf 'end\\n'
`;

function inputOf(printed: string): StartInput {
  const { settings, keystore, values } = readStartAnswer(printed, { file: 'opensearch.yml', keystoreStates });
  return { settings, keystore, readable: new Set(values('readable')) };
}

export const startCheck: StartCheck = { script, refusals: (printed) => refusedSettings(inputOf(printed)) };
