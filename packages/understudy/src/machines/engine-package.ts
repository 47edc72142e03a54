// The script that installs the engine's package. It runs at first boot, on every search machine at once, and again over SSH when
// something is missing or another version is asked for: wherever the last run was interrupted, each run brings the machine to the
// same state. It never starts or stops the engine, and never goes back to an older version.
import type { Engine } from '../engines/index.ts';
import { engineLayouts, type PackageRepository } from '../engines/index.ts';
import type { ManagedFile } from './managed-file.ts';
import { lockHolder, packageLocks } from './observe-script.ts';

const installEnginePath = '/usr/local/lib/understudy/install-engine';

/** Held while the engine is installed. */
export const installLockPath = '/run/understudy-install-engine.lock';
/** The key of the engine's repository, which apt reads as its own user `_apt`. */
export const engineKeyPath = '/etc/apt/keyrings/understudy-engine.asc';
const listPath = '/etc/apt/sources.list.d/understudy-engine.list';

/** `download` fetches the package while an older engine runs on; `install` puts it in place, between that one's stop and its start. */
export type InstallMode = 'download' | 'install';

export function installCommand(mode: InstallMode): readonly string[] {
  return [installEnginePath, mode];
}

/** How the script ends when it cannot do what it should. Its last line on stderr says what to do about it. */
export const installExits = {
  /** A newer version is installed: an engine cannot read data that a newer one has written. */
  newerInstalled: 10,
  /** Somebody else held a lock of apt or dpkg for too long. */
  locked: 11,
  /** dpkg was interrupted, and `dpkg --configure -a` does not end it. */
  dpkgBroken: 12,
  /** The repository's key or lists could not be had, or it does not have this version. */
  noSuchVersion: 13,
  /** apt failed to download or install. */
  aptFailed: 14,
} as const;

/** Bound on waiting for other installations: at first boot apt-daily, unattended-upgrades and cloud-init may all run. */
const lockWaitS = 300;

/** The one-line apt source; `Signed-By` ties this key to this repository alone. */
function aptSource(repository: PackageRepository): string {
  const option = repository.key.kind === 'trusted' ? '[trusted=yes]' : `[signed-by=${engineKeyPath}]`;
  return `deb ${option} ${repository.uri} ${repository.suite} ${repository.components.join(' ')}`;
}

/** Shell function that prints the repository's key. */
function keyFunction(repository: PackageRepository): string {
  switch (repository.key.kind) {
    case 'trusted':
      return '';
    case 'url':
      return `key() { curl -fsSL --retry 5 --retry-all-errors --max-time 60 '${repository.key.url}'; }`;
    case 'armored':
      return `key() { cat <<'KEY'\n${repository.key.text.trim()}\nKEY\n}`;
  }
}

/** Waits for other installations; retries a failure of its own a few times. */
const lockWait = `
holders() { for l in ${packageLocks.join(' ')}; do p=$(perl -e '${lockHolder}' $l 2>/dev/null); [ -z "$p" ] || echo "$l by process $p ($(tr '\\0' ' ' < /proc/$p/cmdline))"; done 2>/dev/null; }
free() {
  until [ -z "$(holders)" ]; do
    [ "$(date +%s)" -lt $end ] || fail ${installExits.locked} "held for ${lockWaitS} s: $(holders | head -n 1). Wait until that has ended, or end it, and run again."
    sleep 1
  done
}
once() { free; "$@" </dev/null 9>&-; }
patiently() {
  tries=0
  while :; do
    once "$@" && return
    [ -n "$(holders)" ] || tries=$((tries + 1))
    [ $tries -lt 3 ] || return 1
    sleep 2
  done
}`;

/** What the script asks of apt and dpkg. A package that was cut off while it was unpacked needs `unpack`: apt only asks dpkg to configure it. */
const aptFunctions = `apt() { apt-get -y -o DPkg::Lock::Timeout=60 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"; }
own() { apt update -o Dir::Etc::sourcelist=$list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0; }
get() { apt install --no-install-recommends --allow-change-held-packages "$@"; }
there() { dpkg-query -W -f "\\\${$1}" $package 2>/dev/null; }
# Of the repository; its packages have no Debian revision, somebody's own rebuild may.
versions() { apt-cache madison $package | cut -d'|' -f2 | tr -d ' '; }
offered() { versions | while read -r v; do case $v in $version | $version-*) echo $v; break ;; esac; done; }
configure() { dpkg --force-confdef --force-confold --configure -a; }
broken() { case $(there db:Status-Abbrev) in ??R*) ;; *) return 1 ;; esac; }
unpack() (
  trap 'rm -rf $again' EXIT
  again=$(mktemp -d /var/cache/apt/archives/understudy-XXXXXX) && chmod 755 $again && cd $again &&
    apt-get download $package=$exact && dpkg --force-confdef --force-confold --unpack ./*.deb
)
unfinished() { [ -n "$(dpkg --audit 2>&1)" ] || ls /var/lib/dpkg/updates | grep -q '^[0-9]*$'; }`;

/**
 * For a file that the package's scripts append to: dpkg kept the old one and put the new one beside. The new one is taken with what had
 * been appended; the old one stays as `.dpkg-old`. What an administrator wants to add has a directory of its own, `jvm.options.d`.
 */
function takeNewOptions(engine: Engine): string {
  const edited = engineLayouts[engine].editedByPackage;
  if (edited === undefined) return '';
  return `options=${edited.path}
if [ -e $options.dpkg-dist ]; then
  cp -p $options $options.dpkg-old && cp -p $options $options.new
  { cat $options.dpkg-dist; echo; sed -n '/^${edited.appendedFrom}$/,$p' $options.dpkg-old; } > $options.new
  mv -f $options.new $options && rm -f $options.dpkg-dist
fi
`;
}

/** Installs `version` exactly. Only the engine's own list is read first: a fresh image has its distribution's lists already. */
function installEngineScript(engine: Engine, version: string, repository: PackageRepository): string {
  const { packageName } = engineLayouts[engine];
  const keyed = repository.key.kind !== 'trusted';
  const exits = installExits;
  return `#!/bin/sh
# Installs ${packageName} ${version} and holds it; safe to run again. Argument: download or install.
package=${packageName} version=${version} list=${listPath} key=${engineKeyPath}
source='${aptSource(repository)}'
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive DISABLE_INSTALL_DEMO_CONFIG=true NEEDRESTART_SUSPEND=1
# Packages' own scripts start, stop and restart units by systemctl; offline it does none of it.
export SYSTEMD_OFFLINE=1
fail() { echo "$package $version: $2" >&2; exit $1; }
end=$(($(date +%s) + ${lockWaitS}))
exec 9>${installLockPath}
flock -w ${lockWaitS} 9 || fail ${exits.locked} 'another run of this script has not ended. Wait for it, and run again.'
${keyFunction(repository)}${lockWait}
${aptFunctions}
[ ! -e $key ] || chmod 644 $key
# systemd removes it with a stopped engine, and OpenSearch's package cannot be configured without it.
mkdir -p /run/$package

free
if unfinished; then
  once configure
  broken || once apt --no-remove -f install
fi
state=$(there db:Status-Status) have=$(there Version) have=\${have%-*}
case $state in
  '' | not-installed | config-files) have= ;;
  *) if dpkg --compare-versions "$have" gt $version; then
      fail ${exits.newerInstalled} "$have is installed, which is newer, and an engine cannot read the data of a newer version. Write $have in the topology."
    fi ;;
esac
if [ "$state $have" != "installed $version" ]; then
  if ! [ "$(cat $list 2>/dev/null)" = "$source" ] ||${keyed ? ' ! [ -s $key ] ||' : ''} [ -z "$(offered)" ]; then
    command -v curl >/dev/null || { patiently apt update; patiently get ca-certificates curl; }
    mkdir -p \${key%/*} && chmod 755 \${key%/*}
${keyed ? `    key > $key.new && [ -s $key.new ] && chmod 644 $key.new && mv -f $key.new $key || fail ${exits.noSuchVersion} 'the key of its repository could not be downloaded. Run again.'\n` : ''}    echo "$source" > $list.new && mv -f $list.new $list
    patiently own
    [ -n "$(offered)" ] || patiently apt update
  fi
  exact=$(offered)
  [ -n "$exact" ] || fail ${exits.noSuchVersion} "the repository does not have it, or could not be read. It has: $(versions | tr '\\n' ' ')"
  only=
  [ "\${1-}" != download ] || only=--download-only
  if broken && [ -z "$only" ]; then patiently unpack && once configure; fi
  patiently get $only $package=$exact || { patiently apt update && patiently get $only $package=$exact; } || {
    unfinished && fail ${exits.dpkgBroken} 'dpkg was interrupted and cannot continue. Run: dpkg --configure -a; apt-get -f install'
    fail ${exits.aptFailed} 'apt failed, see above.'
  }
  [ -z "$only" ] || exit 0
  unset SYSTEMD_OFFLINE
  [ ! -d /run/systemd/system ] || systemctl daemon-reload
fi
${takeNewOptions(engine)}# Nothing else may replace the engine under a running system.
[ "$(there db:Status-Want)" = hold ] || patiently apt-mark hold $package >/dev/null
`;
}

export function engineInstaller(engine: Engine, version: string, repository: PackageRepository): ManagedFile {
  return {
    path: installEnginePath,
    mode: '0755',
    owner: 'root:root',
    content: installEngineScript(engine, version, repository),
  };
}
