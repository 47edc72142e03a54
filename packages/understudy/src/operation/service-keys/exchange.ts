// The phases in which the tool's own key and the secret of the service machines are exchanged, as the operator's files keep them: begin, use,
// withdraw, end. Each change is one file that is replaced whole, so a process that ends anywhere leaves a state from which the next one goes on.
import { Secret, UnderstudyError } from '@understudy/foundation';
import { phaseAfter, type ExchangePhase } from '../../secure/index.ts';
import type { KeyList } from './key-list.ts';
import { hashOf, isToolKey, keyScopes, makeKey, toolKeyIds, type KeyRecord } from './key-record.ts';
import { names, nextGeneration, rotationText, type KeptServiceKeys, type OwnSecrets } from './kept.ts';
import { newPeerSecret, readKept, writeKeyList, writeServiceKeyText, type ServiceKeys } from './store.ts';

/** Makes the next ones, unless some are being introduced already. Errors: `service-keys-unreadable`, `service-keys-not-kept`. */
export async function beginServiceKeys(directory: string, nowMs: number): Promise<void> {
  const kept = await existing(directory);
  if (kept.exchange) return;
  const [first, second] = toolKeyIds;
  // A list has one key of a name, so the two take turns.
  const id = idOf(kept.own.toolKey) === first ? second : first;
  const next = {
    toolKey: makeKey({ id, scopes: keyScopes }, nowMs).bearer,
    peerSecret: new Secret(newPeerSecret()),
  };
  await write(directory, kept, next, { phase: 'introduce', former: kept.own, next });
}

/** The list as this phase has it, written when the file has another one. Errors as of `beginServiceKeys`. */
export async function listInPhase(directory: string, nowMs: number): Promise<KeyList> {
  const { list, exchange } = await existing(directory);
  if (!exchange) return list;
  const { phase, former, next } = exchange;
  const known = (own: OwnSecrets): KeyRecord => list.keys.find(isRecordOf(own)) ?? recordOf(own, nowMs);
  const tool = phase === 'withdraw' ? [known(next)] : [known(former), known(next)];
  return await withToolKeys(directory, list, tool);
}

/**
 * Whether a list shows that the exchange of these keys has gone further than these files know: another copy of them goes on with it, or
 * has ended it.
 */
export function isAhead({ list, exchange }: Pick<ServiceKeys, 'list' | 'exchange'>, other: KeyList): boolean {
  if (!exchange || other.generation <= list.generation) return false;
  const tool = list.keys.filter(({ id }) => isToolKey(id));
  return other.keys.some(isRecordOf(exchange.next)) && !hasToolKeys(other, tool);
}

/**
 * Takes over a list that a machine has and that is newer: the keys of callers are its, those of the tool stay. Errors as of
 * `beginServiceKeys`.
 */
export async function takeOverList({ directory, list }: ServiceKeys, newer: KeyList): Promise<KeyList> {
  const own = list.keys.filter(({ id }) => isToolKey(id));
  if (!hasToolKeys(newer, own)) return await withToolKeys(directory, newer, own);
  await writeKeyList(directory, newer);
  return newer;
}

/**
 * From the phase that was proved to the one after it; after the last one the exchange is over, and what was exchanged is forgotten. Does
 * nothing when the exchange is not in that phase. Errors as of `beginServiceKeys`.
 */
export async function advanceServiceKeys(directory: string, proved: ExchangePhase): Promise<void> {
  const kept = await existing(directory);
  const { exchange } = kept;
  if (exchange?.phase !== proved) return;
  const phase = phaseAfter[proved];
  if (phase !== undefined) {
    await write(directory, kept, exchange.next, { ...exchange, phase });
    return;
  }
  // Until the last file is written, the exchange says what counts, whichever of the others were written.
  await writeServiceKeyText(directory, names.toolKey, `${exchange.next.toolKey.reveal()}\n`);
  await writeServiceKeyText(directory, names.peerSecret, `${exchange.next.peerSecret.reveal()}\n`);
  await write(directory, kept, exchange.next, undefined);
}

/** The name of a key of the tool. */
export function idOf(toolKey: Secret): string {
  return /^us_([a-z0-9-]+)_/.exec(toolKey.reveal())?.[1] ?? '';
}

async function existing(directory: string): Promise<KeptServiceKeys> {
  const kept = await readKept(directory);
  if (kept) return kept;
  throw new UnderstudyError(
    'service-keys-none',
    `${directory} does not exist, so there is nothing to exchange. Make the system first (understudy apply), or import access to it.`,
    { facts: { directory } },
  );
}

async function write(
  directory: string,
  { generations }: KeptServiceKeys,
  newest: OwnSecrets,
  exchange: KeptServiceKeys['exchange'],
): Promise<void> {
  const text = rotationText({ generations: nextGeneration(generations, newest), exchange });
  await writeServiceKeyText(directory, names.rotation, text);
}

async function withToolKeys(directory: string, list: KeyList, tool: readonly KeyRecord[]): Promise<KeyList> {
  if (hasToolKeys(list, tool)) return list;
  const next = { generation: list.generation + 1, keys: [...tool, ...list.keys.filter(({ id }) => !isToolKey(id))] };
  await writeKeyList(directory, next);
  return next;
}

/** Whether these, and no others, are the tool's keys in a list. */
function hasToolKeys(list: KeyList, tool: readonly KeyRecord[]): boolean {
  const hashesOf = (keys: readonly KeyRecord[]): string =>
    keys
      .filter(({ id }) => isToolKey(id))
      .map(({ sha256 }) => sha256)
      .sort()
      .join();
  return hashesOf(list.keys) === hashesOf(tool);
}

const isRecordOf =
  ({ toolKey }: OwnSecrets) =>
  ({ id, sha256 }: KeyRecord): boolean =>
    isToolKey(id) && sha256 === hashOf(toolKey);

function recordOf({ toolKey }: OwnSecrets, nowMs: number): KeyRecord {
  return {
    id: idOf(toolKey),
    sha256: hashOf(toolKey),
    scopes: [...keyScopes],
    createdAt: new Date(nowMs).toISOString(),
  };
}
