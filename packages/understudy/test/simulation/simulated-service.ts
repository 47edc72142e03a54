// The service of a simulated machine: what the tool's scripts about it find and change. A release or a line of the environment that is
// named as broken lets it end at its start, as an application with a wrong import does.
import { createHash } from 'node:crypto';
import type { SimulatedMachine } from './simulated-machine.ts';

export const serviceUnit = 'understudy-service.service';
const environmentPath = '/etc/understudy/service.env';
const rejectedPath = '/opt/understudy/rejected';

/** How a script ended, and what it printed. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
}

/** Whether its service runs and answers. */
export function serves(machine: SimulatedMachine): boolean {
  return machine.units.get(serviceUnit)?.active === true && !isBroken(machine);
}

/** The answer to a script that only asks about the service; undefined for any other script. */
export function askedOfService(machine: SimulatedMachine, script: string): Said | undefined {
  const isUp = serves(machine);
  if (script.startsWith('end=$(($(date +%s)')) {
    const missing = unansweredUrl(machine, script);
    if (isUp && missing !== undefined) return { code: 4, stdout: `${missing} answered 500\n` };
    return isUp ? { code: 0, stdout: '' } : { code: 5, stdout: '3\n' };
  }
  if (script.startsWith('systemctl show -p MainPID')) {
    const process = `MainPID=${1000 + machine.serviceStarts}\nNRestarts=0\nActiveState=${isUp ? 'active' : 'inactive'}\n`;
    return { code: 0, stdout: `${process}answer=${isUp ? 200 : 0} 0.002\n` };
  }
  if (script.startsWith('command -v ss')) return { code: 0, stdout: machine.connections };
  if (script.startsWith(`journalctl -u ${serviceUnit}`)) {
    return {
      code: 0,
      stdout: "exit=code=exited, status=3/NOTIMPLEMENTED\nline=ModuleNotFoundError: No module named 'flsk'\n",
    };
  }
  return undefined;
}

function releaseOf(machine: SimulatedMachine): string {
  return machine.links.get('/opt/understudy/current') ?? '';
}

/** The first URL of the script that the current release answers with 500. */
function unansweredUrl(machine: SimulatedMachine, script: string): string | undefined {
  const paths = [...machine.unanswered].flatMap(([id, all]) => (releaseOf(machine).endsWith(id) ? all : []));
  return [...script.matchAll(/'(http:[^']+)'/g)]
    .map(([, url = '']) => url)
    .find((url) => paths.some((path) => url.endsWith(path)));
}

/** Whether what is on the machine cannot serve. */
export function isBroken(machine: SimulatedMachine): boolean {
  const release = releaseOf(machine);
  const environment = machine.files.get(environmentPath)?.content ?? '';
  return [...machine.broken].some((word) => release.endsWith(word) || environment.includes(word));
}

/** Lines of scripts that change the service's files; false: this line is about something else. */
export function serviceLine(machine: SimulatedMachine, line: string): boolean {
  const stopped = /^timeout \d+ systemctl stop (\S+)/.exec(line)?.[1];
  if (stopped !== undefined) {
    machine.stop(stopped);
    return true;
  }
  const restored = /^mv -f (\S+)\.previous (\S+)$/.exec(line);
  const copy = machine.files.get(`${restored?.[1] ?? ''}.previous`);
  if (restored?.[2] !== undefined && copy) {
    machine.files.set(restored[2], copy);
    machine.files.delete(`${restored[2]}.previous`);
    return true;
  }
  const mode = /chmod (\d{4}) (\S+)$/.exec(line);
  const file = machine.files.get(mode?.[2] ?? '');
  if (mode?.[1] !== undefined && file) file.mode = mode[1];
  const recorded = /printf '%s\\n' '([^']*(?:'\\''[^']*)*)'; \} > \/opt\/understudy\/rejected\.new$/.exec(line)?.[1];
  if (recorded !== undefined) {
    const content = `${machine.files.get(rejectedPath)?.content ?? ''}${recorded.replaceAll(`'\\''`, "'")}\n`;
    machine.files.set(rejectedPath, { content, mode: '0600', owner: 'root:root' });
    return true;
  }
  // Forgets a rejected release: all of them, which is enough here.
  if (line.includes(`|| true; } > ${rejectedPath}.new`) && !line.includes('printf')) {
    machine.files.delete(rejectedPath);
    return true;
  }
  return mode !== null;
}

/** `NAME:HASH` of each line of the environment. */
export function assignmentsOf(content: string): string[] {
  return content.split('\n').flatMap((line) => {
    const name = /^([A-Za-z_]\w*)=/.exec(line)?.[1];
    return name === undefined ? [] : [`${name}:${createHash('sha256').update(line).digest('hex')}`];
  });
}
