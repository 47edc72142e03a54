// What a drill could leave behind on a machine, looked at before and after: rules, units, drop-ins, stopped processes, files.
import { deadManDirectory, deadManUnit } from '../faults/dead-man.ts';
import { unitPids } from '../faults/systemd.ts';
import { failedUnitsFact, type MachineState } from '../../proof/index.ts';
import type { DrillMachine, SystemUnderTest } from '../system-under-test.ts';

/** Prints `fact TAB value` lines. Only reads. */
export function stateScript(unit: string, dataDirectory: string): string {
  return [
    `say() { printf '%s\\t%s\\n' "$1" "$(echo "$2" | tr '\\n\\t' '  ' | sed 's/ *$//')"; }`,
    `say 'nft tables' "$(nft list tables 2>/dev/null | sort)"`,
    `say '${unit}' "$(systemctl show -p ActiveState,SubState,UnitFileState --value ${unit} | paste -sd/)"`,
    `say 'drop-ins of ${unit}' "$(systemctl show -p DropInPaths --value ${unit})"`,
    `say '${failedUnitsFact}' "$(systemctl list-units --failed --plain --no-legend | cut -d' ' -f1 | sort)"`,
    `say 'stopped processes' "$({ ${unitPids(unit)}; } | while read -r p; do sed 's/^.*) //' "/proc/$p/stat"; done 2>/dev/null | grep -c '^T')"`,
    `say 'drill timer' "$(systemctl show -p ActiveState --value ${deadManUnit}.timer)"`,
    `say 'drill files' "$(ls -d ${deadManDirectory} ${dataDirectory}/.understudy-drill* 2>/dev/null)"`,
  ].join('\n');
}

export async function machineStates(system: SystemUnderTest): Promise<MachineState[]> {
  return Promise.all(system.machines.map((machine) => machineState(system, machine)));
}

async function machineState(system: SystemUnderTest, machine: DrillMachine): Promise<MachineState> {
  const unit = system.units[machine.role === 'search' ? 'engine' : 'service'];
  const script = stateScript(unit, system.engineDataDirectory);
  const { stdout } = await system.runner.run(machine, ['sh', '-c', script], { timeoutMs: 15_000 });
  return { machine: machine.label, facts: parseState(stdout) };
}

export function parseState(stdout: string): Record<string, string> {
  const lines = stdout.split('\n').map((line) => line.split('\t'));
  return Object.fromEntries(lines.flatMap(([fact, value]) => (fact && value !== undefined ? [[fact, value]] : [])));
}

/** What an earlier drill left behind, in words; empty when nothing. */
export function leftovers(states: readonly MachineState[]): string[] {
  return states.flatMap(({ machine, facts }) => {
    const found: string[] = [];
    if (facts['nft tables']?.includes('understudy_drill')) found.push('the nft table understudy_drill');
    if (facts['drill files']) found.push(facts['drill files']);
    if (facts['drill timer'] === 'active') found.push(`the timer ${deadManUnit}`);
    if (
      Object.entries(facts).some(([fact, value]) => fact.startsWith('drop-ins') && value.includes('understudy-drill'))
    )
      found.push('a drop-in that holds back a restart');
    return found.length === 0 ? [] : [`${machine} still has ${found.join(', ')} of an earlier drill`];
  });
}
