// OpenSearch's systemd unit: the vendor's limits, time-outs and sandbox. Pure text.
import type { Engine } from '../engine.ts';

/** The sandbox of the vendor's unit since 3.0, in which the agent relies on the system for what the security manager did. */
const sandbox = `ProtectControlGroups=true
ProtectKernelModules=true
ProtectKernelTunables=true
DevicePolicy=closed
ProtectProc=invisible
ProtectSystem=full
LockPersonality=yes
SystemCallFilter=seccomp mincore
SystemCallFilter=madvise mlock mlock2 munlock get_mempolicy sched_getaffinity sched_setaffinity fcntl
SystemCallFilter=@system-service
SystemCallFilter=~@reboot
SystemCallFilter=~@swap
SystemCallErrorNumber=EPERM
CapabilityBoundingSet=~CAP_BLOCK_SUSPEND
CapabilityBoundingSet=~CAP_LEASE
CapabilityBoundingSet=~CAP_SYS_PACCT
CapabilityBoundingSet=~CAP_SYS_TTY_CONFIG
CapabilityBoundingSet=~CAP_SYS_ADMIN ~CAP_SYS_PTRACE ~CAP_NET_ADMIN
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
ReadWritePaths=/var/log/opensearch
ReadWritePaths=/var/lib/opensearch
ReadWritePaths=/dev/shm/
ReadWritePaths=-/etc/opensearch
ReadWritePaths=-/mnt/snapshots
RestrictNamespaces=true
NoNewPrivileges=true
SystemCallArchitectures=native
KeyringMode=private
RestrictSUIDSGID=true
RestrictRealtime=true
ProtectHostname=true
ProtectKernelLogs=true
ProtectClock=true
`;

/**
 * A start has 75 s until the JVM has loaded its modules, one of which then asks for more time every 15 s until the node is up.
 * `--quiet`: nothing comes to the journal but what Java itself prints.
 */
export function openSearchUnit(engine: Engine): string {
  const fromThree = Number(engine.version.split('.')[0]) >= 3;
  const online = `Wants=network-online.target
After=network-online.target
`;
  return `[Unit]
Description=OpenSearch
Documentation=https://opensearch.org/
${fromThree ? online : ''}
[Service]
Type=notify
RuntimeDirectory=opensearch
PrivateTmp=true
EnvironmentFile=-/etc/default/opensearch
EnvironmentFile=-/etc/sysconfig/opensearch
WorkingDirectory=/usr/share/opensearch
User=opensearch
Group=opensearch
${
  fromThree
    ? `ExecStartPre=/bin/mkdir -p /dev/shm/performanceanalyzer
ExecStartPre=/bin/chown opensearch:opensearch /dev/shm/performanceanalyzer
`
    : ''
}ExecStart=/usr/share/opensearch/bin/systemd-entrypoint -p \${PID_DIR}/opensearch.pid --quiet
StandardOutput=journal
StandardError=inherit
LimitNOFILE=65535
LimitNPROC=4096
LimitAS=infinity
LimitFSIZE=infinity
TimeoutStopSec=0
KillSignal=SIGTERM
KillMode=process
SendSIGKILL=no
SuccessExitStatus=143
TimeoutStartSec=75
${fromThree ? sandbox : ''}
[Install]
WantedBy=multi-user.target
`;
}
