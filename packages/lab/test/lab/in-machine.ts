// A throwaway container of the machines' image, for what a machine's root does before any init runs.
import { runBuildCommand } from '../../src/cache/build-command.ts';
import { scriptInImage, throwaway } from '../../src/image/script-in-image.ts';

/** Runs the script as root in a container without a network but loopback, with the repository's folder at /repository. */
export function inMachine(imageRoot: string, repository: string, commands: string): Promise<string> {
  const options = [...throwaway, '--setenv=DEBIAN_FRONTEND=noninteractive', `--bind-ro=${repository}:/repository`];
  const name = `understudy-test-${process.pid}`;
  return runBuildCommand(scriptInImage({ root: imageRoot, name, options, script: commands }));
}

/** apt knows the repository afterwards. */
export const addRepository = `
install -m 644 /repository/key.asc /usr/share/keyrings/engine.asc
echo 'deb [signed-by=/usr/share/keyrings/engine.asc] file:/repository stable main' > /etc/apt/sources.list.d/engine.list
apt-get -q update
`;
