// Scripts that put the gateway of one machine in place, replace it and remove it. Pure values; when which of them runs is decided
// elsewhere.
import { gatewayPaths, gatewaySocket, gatewayStartedPath, gatewayUnit } from './gateway-files.ts';
import type { ManagedFile } from './managed-file.ts';
import { gatewayHome, gatewayPlace } from './release.ts';
import { changeServiceScript, restoreServiceScript } from './service-run.ts';

/**
 * Starts it, or replaces the one that runs: the old one answers what it has taken, while new connections wait in the socket, which stays
 * open. A socket whose own file has changed is opened with it at the next boot.
 */
const startLines = `systemctl reset-failed ${gatewayUnit} ${gatewaySocket} 2>/dev/null || true
systemctl enable --quiet ${gatewaySocket}
systemctl enable --quiet ${gatewayUnit}
systemctl start ${gatewaySocket}
systemctl restart ${gatewayUnit}
`;

/** Writes the files, keeping a copy of each whose content changes, makes the release current, and starts it. */
export function changeGatewayScript(files: readonly ManagedFile[], release: string): string {
  return [changeServiceScript(files, release, gatewayPlace), startLines].join('\n');
}

/** Puts back the copies of these files, and the release, and starts it. */
export function restoreGatewayScript(paths: readonly string[], release: string): string {
  return [restoreServiceScript(paths, release, gatewayPlace), startLines].join('\n');
}

/** The socket first, so that no connection waits there in vain; then what is under way is answered, and everything is removed. */
export function removeGatewayScript(): string {
  const files = gatewayPaths.flatMap((path) => [path, `${path}.previous`]);
  return `set -eu
for unit in ${gatewaySocket} ${gatewayUnit}; do
  systemctl cat "$unit" >/dev/null 2>&1 || continue
  systemctl disable --quiet "$unit"
  systemctl stop "$unit"
done
rm -rf ${gatewayHome}
rm -f ${[...files, gatewayStartedPath].join(' ')}
systemctl daemon-reload
systemctl reset-failed ${gatewayUnit} ${gatewaySocket} 2>/dev/null || true
`;
}
