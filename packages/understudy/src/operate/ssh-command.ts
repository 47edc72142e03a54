// The system's own `ssh` with the tool's key and the host keys that the tool pinned, and a command line as ssh takes it.
import type { RemoteTarget } from '../machines/index.ts';
import { hostKeyAlgorithms } from '../machines/index.ts';
import type { Session } from '../operation/index.ts';

/**
 * The command of an interactive session. Nothing of the operator's own configuration of ssh takes part, and a host key that is not the
 * pinned one is refused. https://man.openbsd.org/ssh_config
 */
export function sshCommand(
  { privateKeyPath, hostKeysPath }: Pick<Session, 'privateKeyPath' | 'hostKeysPath'>,
  { address }: RemoteTarget,
  line?: string,
): string[] {
  const options = {
    IdentityFile: quoted(privateKeyPath),
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    UserKnownHostsFile: quoted(hostKeysPath),
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    UpdateHostKeys: 'no',
    HostKeyAlgorithms: hostKeyAlgorithms.join(','),
    PasswordAuthentication: 'no',
    KbdInteractiveAuthentication: 'no',
    ConnectTimeout: '10',
    ServerAliveInterval: '5',
    LogLevel: 'ERROR',
  };
  const given = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return ['ssh', '-F', 'none', ...given, `root@${address}`, ...(line === undefined ? [] : ['--', line])];
}

/** ssh splits these values at blanks. */
function quoted(path: string): string {
  return `"${path}"`;
}

/** A command line for the shell that root has on the machine, as sshd hands it on. */
export function loginShell(line: string): string[] {
  return ['sh', '-c', 'exec "${SHELL:-/bin/sh}" -c "$0"', line];
}
