// Operate: what a person does with a system that runs: reads its logs, enters its machines, rolls its releases,
// gives another operator access, exchanges certificates, authority, passwords and SSH keys.
export { groupNames, machineByName, machinesByName, shortNames } from './machine-names.ts';
export { reachOne, type UnreachableMachine } from './reach.ts';
export { type LogReader, type LogRequest, machinesWithLogs, readLogs } from './logs/logs.ts';
export type { LogLine, LogUnit } from './logs/log-line.ts';
export { type MachineRun, type OutputLine, runEverywhere, type RunRequest } from './run-everywhere.ts';
export { loginShell, sshCommand } from './ssh-command.ts';
export { complete, listReleases, type ReleaseList, type ReleaseRow } from './releases/list-releases.ts';
export { collectAccess } from './access/export.ts';
export { createKey, type Created, type KeysSeen, listKeys, revokeKey } from './keys/change-keys.ts';
export type { Delivered } from './keys/machine-keys.ts';
export {
  exchange,
  exchangeable,
  type Exchangeable,
  exchangePlan,
  type ExchangeRequest,
  type ExchangeResult,
} from './rotation/exchange.ts';
export { importAccess, type ImportedPart } from './access/import.ts';
export {
  carryOutRoll,
  deployRequest,
  releaseToResolve,
  restartRequest,
  rollbackRequest,
  type RollRequest,
} from './releases/roll.ts';
