// Upkeep of a machine's own system: security upgrades of its packages, and a bound on its journal. The engine's package is the tool's
// alone, nothing is rebooted, and no unit is restarted but those that a package restarts itself.
import { engineLayouts, engineNames } from '../engines/index.ts';
import type { ManagedFile } from './managed-file.ts';
import { installLockPath } from './engine-package.ts';

export const journalPath = '/etc/systemd/journald.conf.d/60-understudy.conf';
export const upgradesTimer = 'understudy-upgrades.timer';
const upgradesUnit = 'understudy-upgrades.service';
const upgradesScriptPath = '/usr/local/lib/understudy/security-upgrades';

/** By name, whichever engine the machine has; besides, the installed one is on hold. */
const excluded = engineNames.map((engine) => `  "^${engineLayouts[engine].packageName}$";\n`).join('');

/** The vendor's file lists origins too, so its lists are emptied first. */
const aptSettings = `// Written by understudy apply.
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
#clear Unattended-Upgrade::Origins-Pattern;
#clear Unattended-Upgrade::Allowed-Origins;
Unattended-Upgrade::Origins-Pattern {
  "origin=Debian,codename=\${distro_codename}-security,label=Debian-Security";
  "origin=Ubuntu,archive=\${distro_codename}-security,label=Ubuntu";
};
#clear Unattended-Upgrade::Package-Blacklist;
Unattended-Upgrade::Package-Blacklist {
${excluded}};
Unattended-Upgrade::MinimalSteps "true";
Unattended-Upgrade::Automatic-Reboot "false";
Unattended-Upgrade::Remove-Unused-Dependencies "false";
`;

const restartSettings = `# Written by understudy apply: needrestart names what uses old libraries, and restarts nothing.
$nrconf{restart} = 'l';
`;

const upgradesScript = `#!/bin/sh
# Installs unattended-upgrades where it is missing; the timers of apt run it. It waits for an installation of the engine.
set -e
export LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
for timer in apt-daily.timer apt-daily-upgrade.timer; do
  if [ "$(systemctl is-enabled $timer || true)" = masked ]; then echo "$timer is masked: no upgrade is installed by itself" >&2; exit 0; fi
  systemctl enable --now --quiet $timer
done
[ ! -x /usr/bin/unattended-upgrade ] || exit 0
exec 9>${installLockPath}
flock -w 900 9
apt-get -q -o DPkg::Lock::Timeout=600 update
apt-get -qy -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold install --no-install-recommends unattended-upgrades
`;

const unit = `[Unit]
Description=Unattended security upgrades, made ready by Understudy
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=${upgradesScriptPath}
`;

const timer = `[Unit]
Description=Daily look whether unattended security upgrades are ready

[Timer]
OnBootSec=15min
OnUnitActiveSec=1d
RandomizedDelaySec=15min

[Install]
WantedBy=timers.target
`;

/** The engine writes its own log beside it, with bounds of its own. */
const journal = `# Written by understudy apply.
[Journal]
SystemMaxUse=500M
SystemKeepFree=1G
RuntimeMaxUse=100M
`;

/** The same on every machine. */
export const upkeepFiles: readonly ManagedFile[] = [
  readable('/etc/apt/apt.conf.d/60-understudy', aptSettings),
  readable('/etc/needrestart/conf.d/60-understudy.conf', restartSettings),
  readable(journalPath, journal),
  { ...readable(upgradesScriptPath, upgradesScript), mode: '0755' },
  readable(`/etc/systemd/system/${upgradesUnit}`, unit),
  readable(`/etc/systemd/system/${upgradesTimer}`, timer),
];

function readable(path: string, content: string): ManagedFile {
  return { path, mode: '0644', owner: 'root:root', content };
}
