// The gateway of a simulated machine: what the tool's scripts about it find and change. A release or a line of its environment that is
// named as broken lets it end at its start.
import type { SimulatedMachine } from './simulated-machine.ts';

export const gatewayUnit = 'understudy-gateway.service';
const gatewaySocket = 'understudy-gateway.socket';
const home = '/opt/understudy-gateway';
const environmentPath = '/etc/understudy/gateway.env';
const unitPath = `/etc/systemd/system/${gatewayUnit}`;
const startedPath = '/run/understudy/gateway-started';

function isBroken(machine: SimulatedMachine): boolean {
  const release = machine.links.get(`${home}/current`) ?? '';
  const environment = machine.files.get(environmentPath)?.content ?? '';
  return [...machine.broken].some((word) => release.endsWith(word) || environment.includes(word));
}

function serves(machine: SimulatedMachine): boolean {
  const isActive = (unit: string): boolean => machine.units.get(unit)?.active === true;
  return isActive(gatewayUnit) && isActive(gatewaySocket) && !isBroken(machine);
}

/** False when systemd would refuse. */
export function startGateway(machine: SimulatedMachine): boolean {
  const release = machine.links.get(`${home}/current`);
  if (release === undefined || !machine.files.has(environmentPath) || !machine.files.has(unitPath)) return false;
  machine.onGatewayStart();
  machine.record(startedPath, [environmentPath, unitPath]);
  machine.append(startedPath, `${release}\n`);
  return true;
}

/** The answer to a script that only asks about the gateway; undefined for any other script. */
export function askedOfGateway(
  machine: SimulatedMachine,
  script: string,
): { readonly code: number; readonly stdout: string } | undefined {
  if (!script.includes(gatewayUnit)) return undefined;
  const good = serves(machine);
  if (script.startsWith('end=$(($(date +%s)')) return good ? { code: 0, stdout: '' } : { code: 5, stdout: '3\n' };
  if (script.startsWith('systemctl show -p MainPID')) {
    const process = `MainPID=${2000 + machine.gatewayStarts}\nNRestarts=0\nActiveState=${good ? 'active' : 'inactive'}\n`;
    return { code: 0, stdout: `${process}answer=${good ? 200 : 0} 0.002\n` };
  }
  return undefined;
}

/** What a probe of its state finds; undefined for a probe of something else. */
export function gatewayHealth(machine: SimulatedMachine, probe: string): string[] | undefined {
  if (!probe.endsWith('/_understudy')) return undefined;
  return serves(machine) ? ['2', 'answered', '200', ''] : ['2', 'refused', '', ''];
}

/** Lines of the script that removes it; false: this line is about something else. */
export function gatewayLine(machine: SimulatedMachine, line: string): boolean {
  if (line === `rm -rf ${home}`) {
    for (const path of [...machine.links.keys()]) if (path.startsWith(`${home}/`)) machine.links.delete(path);
    for (const path of [...machine.releases]) if (path.startsWith(`${home}/`)) machine.releases.delete(path);
    return true;
  }
  if (line.startsWith(`rm -f ${environmentPath} `)) {
    for (const path of line.split(' ').slice(2)) machine.files.delete(path);
    return true;
  }
  if (line === `for unit in ${gatewaySocket} ${gatewayUnit}; do`) {
    machine.stop(gatewaySocket);
    machine.stop(gatewayUnit);
    machine.units.delete(gatewaySocket);
    machine.units.delete(gatewayUnit);
    return true;
  }
  return false;
}
