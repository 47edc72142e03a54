// Kernel settings of a machine and the unit that applies them at boot. systemd-sysctl skips containers, so the tool brings a
// unit of its own; a key that a machine may not write (vm.* in a container) keeps the host's value, one that its kernel does not
// have is passed over.
import type { FailoverProfile } from '../engines/index.ts';
import type { Role } from '../topology/index.ts';
import { failoverProfiles } from '../engines/index.ts';
import type { ManagedFile } from './managed-file.ts';

export const sysctlPath = '/etc/sysctl.d/60-understudy.conf';
export const sysctlUnit = 'understudy-sysctl.service';
export const applySysctlPath = '/usr/local/lib/understudy/apply-sysctl';

/** Sysctl key -> value for a machine of this role. */
export function kernelSettings(role: Role, profile: FailoverProfile): Readonly<Record<string, string>> {
  const settings = failoverProfiles[profile];
  return {
    // Engines map their files into memory: Elastic asks for 1,048,576 and refuses to start below 262,144.
    ...(role === 'search' ? { 'vm.max_map_count': '1048576', 'vm.swappiness': '1' } : {}),
    'net.ipv4.tcp_retries2': String(settings.tcpRetries2),
    ...settings.kernel,
  };
}

const applyScript = `#!/bin/sh
# Applies the settings in ${sysctlPath}; a key that this machine may not write keeps its value.
while IFS='=' read -r key value; do
  key=$(echo $key); value=$(echo $value)
  case $key in ''|'#'*) continue ;; esac
  path=/proc/sys/$(echo "$key" | tr . /)
  if [ -w "$path" ]; then echo "$value" > "$path"
  elif [ -e "$path" ]; then echo "$key is not writable here, it stays $(cat "$path")"
  else echo "this kernel has no $key"; fi
done < ${sysctlPath}
`;

const unit = `[Unit]
Description=Kernel settings of Understudy
After=systemd-sysctl.service
Before=network-pre.target
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${applySysctlPath}

[Install]
WantedBy=sysinit.target
`;

export function kernelFiles(role: Role, profile: FailoverProfile): ManagedFile[] {
  const lines = Object.entries(kernelSettings(role, profile)).map(([key, value]) => `${key} = ${value}`);
  const root = { owner: 'root:root' } as const;
  return [
    { path: sysctlPath, mode: '0644', ...root, content: `# Written by understudy apply.\n${lines.join('\n')}\n` },
    { path: applySysctlPath, mode: '0755', ...root, content: applyScript },
    { path: `/etc/systemd/system/${sysctlUnit}`, mode: '0644', ...root, content: unit },
  ];
}
