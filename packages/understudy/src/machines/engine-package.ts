// The script that installs the engine's package. It runs at birth, on every search machine at once, and again over SSH when
// something is missing: each run brings the machine to the same state.
import type { Engine } from '../topology/index.ts';
import { engineLayouts, type PackageRepository } from './engine-layout.ts';
import type { ManagedFile } from './managed-file.ts';

export const installEnginePath = '/usr/local/lib/understudy/install-engine';

/** The key of the engine's repository, which apt reads as its own user `_apt`. */
export const engineKeyPath = '/etc/apt/keyrings/understudy-engine.asc';
const listPath = '/etc/apt/sources.list.d/understudy-engine.list';

/** The one-line apt source; `Signed-By` ties this key to this repository alone. */
function aptSource(repository: PackageRepository): string {
  const option = repository.key.kind === 'trusted' ? '[trusted=yes]' : `[signed-by=${engineKeyPath}]`;
  return `deb ${option} ${repository.uri} ${repository.suite} ${repository.components.join(' ')}`;
}

function placeKey(repository: PackageRepository): string {
  switch (repository.key.kind) {
    case 'trusted':
      return ':';
    case 'url':
      return `curl -fsSL --retry 5 --retry-all-errors '${repository.key.url}' -o ${engineKeyPath}`;
    case 'armored':
      return `cat > ${engineKeyPath} <<'KEY'\n${repository.key.text.trim()}\nKEY`;
  }
}

/** Installs `version` exactly. Only the engine's own list is read first: a fresh image has its distribution's lists already. */
function installEngineScript(engine: Engine, version: string, repository: PackageRepository): string {
  const { packageName, unit } = engineLayouts[engine];
  return `#!/bin/sh
# Installs ${packageName} ${version}; safe to run again.
set -eu
export DEBIAN_FRONTEND=noninteractive DISABLE_INSTALL_DEMO_CONFIG=true
if [ "$(dpkg-query -W -f '\${db:Status-Abbrev}\${Version}' ${packageName} 2>/dev/null | sed 's/-[^-]*$//')" = 'ii ${version}' ]; then exit 0; fi
apt="apt-get -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"
command -v curl >/dev/null || { $apt update; $apt install --no-install-recommends ca-certificates curl; }
mkdir -p /etc/apt/keyrings
${placeKey(repository)}
echo '${aptSource(repository)}' > ${listPath}
update() { $apt update -o Dir::Etc::sourcelist=${listPath} -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0; }
for attempt in 1 2 3 4 5; do update && break; sleep 2; done
# The vendors' packages have no Debian revision; somebody's own rebuild may.
install() { $apt install --no-install-recommends '${packageName}=${version}' || $apt install --no-install-recommends '${packageName}=${version}-*'; }
install || { $apt update; install; }
systemctl daemon-reload
systemctl enable ${unit}
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
