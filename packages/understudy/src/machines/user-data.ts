// The cloud-init user data of a new machine, as a value. It contains no secrets, because user data can be read
// by every process on the machine and by everyone with read access to the account.
import { stringify } from 'yaml';
import { UnderstudyError } from '@understudy/foundation';
import type { ManagedFile } from './managed-file.ts';

/** Linode's limit on decoded user data, in bytes. https://techdocs.akamai.com/linode-api/reference/post-linode-instance */
export const userDataLimitBytes = 16_384;

/** Who may log in, and how: keys alone. Many sessions at once share one connection of the tool, and so do its questions to the engine. */
export const sshdFile: ManagedFile = {
  path: '/etc/ssh/sshd_config.d/60-understudy.conf',
  mode: '0644',
  owner: 'root:root',
  content: `# Written by understudy apply.
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxSessions 64
MaxStartups 64:30:128
AllowTcpForwarding local
`,
};

export interface UserData {
  readonly hostname: string;
  /** Public keys in the authorized_keys format, for root. */
  readonly authorizedKeys: readonly string[];
  readonly files: readonly ManagedFile[];
  /** Commands run once, after the files are there; each an argument array. */
  readonly commands: readonly (readonly string[])[];
}

/** The cloud-config document, before base64. Error: `machines-user-data-too-long`. */
export function bootUserData(input: UserData): string {
  const cloudConfig = {
    hostname: input.hostname,
    preserve_hostname: false,
    manage_etc_hosts: true,
    disable_root: false,
    ssh_pwauth: false,
    // Root has a password for the console alone: sshd takes none.
    users: [{ name: 'root', lock_passwd: false, ssh_authorized_keys: input.authorizedKeys }],
    write_files: [sshdFile, ...input.files].map((file) => ({
      path: file.path,
      permissions: file.mode,
      owner: file.owner,
      content: file.content,
    })),
    runcmd: [['systemctl', 'try-reload-or-restart', 'ssh.service'], ...input.commands],
  };
  const text = `#cloud-config\n${stringify(cloudConfig, { lineWidth: 0, aliasDuplicateObjects: false })}`;
  const bytes = Buffer.byteLength(text);
  if (bytes > userDataLimitBytes) {
    throw new UnderstudyError(
      'machines-user-data-too-long',
      `User data of ${input.hostname} has ${bytes} bytes, Linode takes ${userDataLimitBytes}. Give fewer or shorter SSH keys.`,
      { facts: { hostname: input.hostname, bytes } },
    );
  }
  return text;
}
