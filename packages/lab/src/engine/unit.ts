// The engine's systemd unit: limits, time-outs and kind of the vendor's own unit, around our start script. Pure text.
import type { Engine } from './engine.ts';
import { openSearchUnit } from './opensearch/unit.ts';

/**
 * `Type=notify` for Elasticsearch as its vendor has it: our launcher tells systemd when the node is up, so that
 * `systemctl start` waits for a joined node (at most 30 s without a master) and a failed start is seen as such.
 */
export function unitFile(engine: Engine): string {
  if (engine.name === 'opensearch') return openSearchUnit(engine);
  const env = engine.environmentPrefix;
  const { name } = engine;
  return `[Unit]
Description=${engine.title}
Documentation=${engine.documentation}
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
RuntimeDirectory=${name}
PrivateTmp=true
Environment=${env}_HOME=/usr/share/${name}
Environment=${env}_PATH_CONF=/etc/${name}
EnvironmentFile=-/etc/default/${name}
WorkingDirectory=/usr/share/${name}
User=${name}
Group=${name}
ExecStart=/usr/share/${name}/bin/${name}
StandardOutput=journal
StandardError=inherit
LimitNOFILE=65535
LimitNPROC=4096
LimitAS=infinity
LimitFSIZE=infinity
# The engine is never killed while it closes its shards: it alone knows how long that takes.
TimeoutStopSec=0
KillSignal=SIGTERM
KillMode=process
SendSIGKILL=no
SuccessExitStatus=143
TimeoutStartSec=900

[Install]
WantedBy=multi-user.target
`;
}
