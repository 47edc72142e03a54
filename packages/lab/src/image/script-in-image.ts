// The command that runs one script as root in an image, as a container that is not registered and leaves nothing behind. Pure.

export interface ScriptInImage {
  readonly root: string;
  /** Machine names are shared by the whole host, and the default is the folder's, which is `root` for everyone. */
  readonly name: string;
  /** Further options of systemd-nspawn: what it sees, and its network. */
  readonly options: readonly string[];
  readonly script: string;
}

export function scriptInImage({ root, name, options, script }: ScriptInImage): string[] {
  return [
    'systemd-nspawn',
    '--quiet',
    `--directory=${root}`,
    `--machine=${name}`,
    '--register=no',
    '--keep-unit',
    '--as-pid2',
    '--pipe',
    ...options,
    '/bin/sh',
    '-ec',
    script,
  ];
}

/** The image is not changed, and there is no network but loopback. */
export const throwaway = ['--volatile=overlay', '--private-network'] as const;
