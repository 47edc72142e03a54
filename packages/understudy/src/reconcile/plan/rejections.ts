// Releases that were rejected on a machine: with the same settings they go to no other one. Reads the observation alone.
import { shown } from '@understudy/foundation';
import {
  anySettings,
  contentHash,
  partOf,
  readRejected,
  rejectedPath,
  type RejectedRelease,
} from '../../machines/index.ts';
import type { Observation } from '../../observe/index.ts';
import { machinesFor, type Intent } from '../../operation/index.ts';
import { observedMachine } from './machine-view.ts';

/**
 * What a person may change in the topology so that the same release starts: command, environment, secrets, workers, port. The same on
 * every machine. 16 hex digits, of a hash that has the secrets in it.
 */
export function serviceSettingsHash({ topology, secrets = {} }: Intent): string {
  const { command, environment, workers, port, readyPath, healthPath, startS, rollout } = topology.service;
  const revealed = Object.entries(secrets).map(([name, value]) => [name, value.reveal()]);
  return contentHash(
    JSON.stringify([command, environment, workers, port, readyPath, healthPath, startS, rollout.paths, revealed]),
  ).slice(0, 16);
}

export interface Rejection extends RejectedRelease {
  readonly machine: string;
}

/** The record of the intended release with the present settings; undefined when no machine that was read has one. */
export function rejectionOf(intent: Intent, observation: Observation): Rejection | undefined {
  const settings = serviceSettingsHash(intent);
  for (const { label } of machinesFor(intent, 'service')) {
    const seen = observedMachine(observation, label);
    const record = seen && shown(partOf(seen.records, rejectedPath));
    const found = readRejected(record ?? '').find(
      (line) => line.id === intent.release.id && [settings, anySettings].includes(line.settings),
    );
    if (found) return { ...found, machine: label };
  }
  return undefined;
}

/** A sentence; `here` where the machine is named beside it. */
export function rejectionText({ id, machine, at, reason }: Rejection, where = `on ${machine}`): string {
  return (
    `The release ${id} was rejected ${where} at ${at}: ${reason} It goes to no machine. Change the application, or its ` +
    'settings in the topology, and apply again; to try the same release once more: understudy release deploy --again'
  );
}
