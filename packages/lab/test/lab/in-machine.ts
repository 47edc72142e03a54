// A throwaway container of the machines' image, for what a machine's root does before any init runs.
import { runBuildCommand } from '../../src/cache/build-command.ts';

/** Runs the script as root in a container without a network but loopback, with the repository's folder at /repository. */
export function inMachine(imageRoot: string, repository: string, commands: string): Promise<string> {
  return runBuildCommand([
    'systemd-nspawn',
    '--quiet',
    `--directory=${imageRoot}`,
    `--machine=understudy-test-${process.pid}`,
    '--register=no',
    '--keep-unit',
    '--as-pid2',
    '--pipe',
    '--volatile=overlay',
    '--private-network',
    '--setenv=DEBIAN_FRONTEND=noninteractive',
    `--bind-ro=${repository}:/repository`,
    '/bin/sh',
    '-ec',
    commands,
  ]);
}

/** apt knows the repository afterwards. */
export const addRepository = `
install -m 644 /repository/key.asc /usr/share/keyrings/engine.asc
echo 'deb [signed-by=/usr/share/keyrings/engine.asc] file:/repository stable main' > /etc/apt/sources.list.d/engine.list
apt-get -q update
`;
