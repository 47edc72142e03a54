// What the files of a system's service keys say: the list, the key of the tool, the secret of the service machines, an exchange of these two
// that has not ended, and the states through which they went. Pure.
import { join } from 'node:path';
import { Secret, UnderstudyError } from '@understudy/foundation';
import { z } from 'zod';
import { exchangePhases, type ExchangePhase } from '../../secure/index.ts';
import { readKeyList, type KeyList } from './key-list.ts';
import { hashOf, isToolKey } from './key-record.ts';

/** `rotation` is there after the first exchange, and stays. */
export const names = {
  list: 'keys.json',
  toolKey: 'tool-key',
  peerSecret: 'peer-secret',
  rotation: 'rotation.json',
} as const;

const required = [names.list, names.toolKey, names.peerSecret] as const;
export const serviceKeyFileNames = [...required, names.rotation] as const;
export type ServiceKeyTexts = Readonly<Record<(typeof required)[number], string>> & {
  readonly [names.rotation]?: string | undefined;
};

/** What is exchanged. */
export interface OwnSecrets {
  /** `us_understudy-tool_SECRET`, or with the other id. */
  readonly toolKey: Secret;
  /** Of the service machines among each other. */
  readonly peerSecret: Secret;
}

/** introduce: both are accepted, the former ones used. use: both are accepted, the next ones used. withdraw: the next ones alone. */
export interface ServiceKeyExchange {
  readonly phase: ExchangePhase;
  readonly former: OwnSecrets;
  readonly next: OwnSecrets;
}

export interface KeptServiceKeys {
  readonly list: KeyList;
  /** Those of before an exchange, until it has ended. */
  readonly own: OwnSecrets;
  /** Every state in which they were, oldest first: a number and the mark of the newest key of the tool. Not secret. */
  readonly generations: readonly string[];
  readonly exchange: ServiceKeyExchange | undefined;
}

const ownSchema = z.object({ toolKey: z.string().min(1), peerSecret: z.string().min(1) });
const rotationSchema = z.object({
  generations: z.array(z.string().regex(/^\d+-[0-9a-f]+$/)).min(1),
  exchange: z.object({ phase: z.enum(exchangePhases), former: ownSchema, next: ownSchema }).optional(),
});

/** Errors: `service-keys-unreadable`, which quotes nothing of them. */
export function keptIn(directory: string, texts: ServiceKeyTexts): KeptServiceKeys {
  const refused = (name: string) => unreadable(join(directory, name), 'not what this tool writes');
  const list = readKeyList(texts[names.list]);
  if (!list) throw refused(names.list);
  const own = secretsOf({ toolKey: texts[names.toolKey].trim(), peerSecret: texts[names.peerSecret].trim() });
  const text = texts[names.rotation];
  if (text === undefined) return { list, own, generations: [`1-${markOf(hashOf(own.toolKey))}`], exchange: undefined };
  const { data } = rotationSchema.safeParse(parse(text));
  if (!data) throw refused(names.rotation);
  const { generations, exchange } = data;
  return {
    ...{ list, own, generations },
    exchange: exchange && {
      phase: exchange.phase,
      former: secretsOf(exchange.former),
      next: secretsOf(exchange.next),
    },
  };
}

export function rotationText({ generations, exchange }: Pick<KeptServiceKeys, 'generations' | 'exchange'>): string {
  const plain = {
    generations,
    exchange: exchange && { ...exchange, former: plainOf(exchange.former), next: plainOf(exchange.next) },
  };
  return `${JSON.stringify(plain, null, 2)}\n`;
}

/** The states after another one: the same in every copy of the directory from which the same exchange goes on. */
export function nextGeneration(generations: readonly string[], newest: OwnSecrets): readonly string[] {
  const number = Number.parseInt(generations.at(-1) ?? '0', 10) + 1;
  return [...generations, `${number}-${markOf(hashOf(newest.toolKey))}`];
}

/** Those that are used now. */
export function usedOf({ own, exchange }: KeptServiceKeys): OwnSecrets {
  if (!exchange) return own;
  return exchange.phase === 'introduce' ? exchange.former : exchange.next;
}

/** With which service machines know each other: each is accepted, the first signs. */
export function peerSecretsOf({ own, exchange }: KeptServiceKeys): readonly Secret[] {
  if (!exchange) return [own.peerSecret];
  const [former, next] = [exchange.former.peerSecret, exchange.next.peerSecret];
  return { introduce: [former, next], use: [next, former], withdraw: [next] }[exchange.phase];
}

/** Whether every key of the tool in a list is one that these files have, or had: then it was made from them, or from an earlier copy. */
export function isOwnList({ generations }: Pick<KeptServiceKeys, 'generations'>, list: KeyList): boolean {
  const marks = new Set(generations.map((generation) => generation.split('-')[1]));
  return list.keys.every(({ id, sha256 }) => !isToolKey(id) || marks.has(markOf(sha256)));
}

/** Whether `texts` are a later state of those that are there. Errors: `service-keys-unreadable`. */
export function serviceKeySuccession(
  directory: string,
  there: ServiceKeyTexts,
  texts: ServiceKeyTexts,
): 'same' | 'newer' | 'older' | 'other' {
  const [mine, theirs] = [keptIn(directory, there), keptIn(directory, texts)];
  const [myLast, theirLast] = [mine.generations.at(-1) ?? '', theirs.generations.at(-1) ?? ''];
  if (myLast === theirLast) return isSame(mine, theirs) ? 'same' : 'other';
  if (theirs.generations.includes(myLast)) return 'newer';
  return mine.generations.includes(theirLast) ? 'older' : 'other';
}

/** Of the secrets; lists differ as callers' keys are made and revoked, and machines have the newest. */
function isSame(one: KeptServiceKeys, other: KeptServiceKeys): boolean {
  const [mine, theirs] = [one, other].map((kept) =>
    [usedOf(kept).toolKey, ...peerSecretsOf(kept)].map((secret) => secret.reveal()).join(),
  );
  return mine === theirs;
}

export function unreadable(path: string, why: string): UnderstudyError {
  return new UnderstudyError(
    'service-keys-unreadable',
    `${path} cannot be read (${why}). It belongs to the keys of the service of this system, which are not made anew: callers use them. ` +
      'Restore the directory from a backup, or from another operator: understudy access --help',
    { facts: { path } },
  );
}

/** Enough of a hash to know it again. */
function markOf(sha256: string): string {
  return sha256.slice(0, 16);
}

function secretsOf({ toolKey, peerSecret }: z.infer<typeof ownSchema>): OwnSecrets {
  return { toolKey: new Secret(toolKey), peerSecret: new Secret(peerSecret) };
}

function plainOf({ toolKey, peerSecret }: OwnSecrets): z.infer<typeof ownSchema> {
  return { toolKey: toolKey.reveal(), peerSecret: peerSecret.reveal() };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the text.
    return undefined;
  }
}
