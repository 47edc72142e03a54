// Why the engine does not place or move a copy: its own explanation as one sentence.
// https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-cluster-allocation-explain
import { z } from 'zod';
import { expectBody } from './answer.ts';
import type { EngineTransport } from './transport.ts';

interface NodeRefusal {
  readonly node: string;
  /** Rules of the engine that say no, such as `same_shard`, `disk_threshold`, `node_version`, and what they say. */
  readonly deciders: readonly { readonly decider: string; readonly text: string }[];
}

export interface AllocationExplanation {
  readonly index: string;
  readonly shard: number;
  readonly primary: boolean;
  /** `started`, `unassigned`, `relocating`, `initializing` */
  readonly state: string;
  /** The engine's answer to the question of the moment: `no`, `yes`, `throttled`, `allocation_delayed`, ... */
  readonly verdict: string;
  /** Why it became unassigned, such as NODE_LEFT or ALLOCATION_FAILED; undefined for one that is assigned. */
  readonly unassignedReason: string | undefined;
  /** How often allocation failed, and why the last time. */
  readonly failedAttempts: number;
  readonly failure: string | undefined;
  readonly refusals: readonly NodeRefusal[];
}

const deciders = z.array(z.object({ decider: z.string(), decision: z.string(), explanation: z.string() })).default([]);
const schema = z.object({
  index: z.string(),
  shard: z.number().int(),
  primary: z.boolean(),
  current_state: z.string(),
  unassigned_info: z
    .object({
      reason: z.string(),
      details: z.string().optional(),
      failed_allocation_attempts: z.number().int().default(0),
    })
    .optional(),
  can_allocate: z.string().optional(),
  can_move_to_other_node: z.string().optional(),
  can_remain_on_current_node: z.string().optional(),
  node_allocation_decisions: z.array(z.object({ node_name: z.string(), deciders })).default([]),
});

export interface CopyAsked {
  readonly index: string;
  readonly shard: number;
  readonly primary: boolean;
  /** Name of the node that has it; without it, an unassigned copy is explained. */
  readonly node?: string;
}

/** Undefined when there is no such copy any more. */
export async function explainAllocation(
  transport: EngineTransport,
  { index, shard, primary, node }: CopyAsked,
): Promise<AllocationExplanation | undefined> {
  const body = { index, shard, primary, ...(node !== undefined && { current_node: node }) };
  const answer = await transport.request('POST', '/_cluster/allocation/explain', body);
  if (answer.status === 400 || answer.status === 404) return undefined;
  const read = expectBody(answer, schema, `explain the allocation of ${index}[${shard}]`);
  const { unassigned_info: unassigned } = read;
  return {
    index: read.index,
    shard: read.shard,
    primary: read.primary,
    state: read.current_state,
    verdict: read.can_allocate ?? read.can_move_to_other_node ?? read.can_remain_on_current_node ?? 'unknown',
    unassignedReason: unassigned?.reason,
    failedAttempts: unassigned?.failed_allocation_attempts ?? 0,
    failure: unassigned?.details,
    refusals: read.node_allocation_decisions.map(({ node_name: name, deciders: all }) => ({
      node: name,
      deciders: all
        .filter(({ decision }) => decision === 'NO')
        .map(({ decider, explanation }) => ({ decider, text: explanation })),
    })),
  };
}

/** Rules by which the engine keeps a copy from an older node: of the node's release, and of the index format that it writes. */
const versionRules = ['node_version', 'index_version'];

/**
 * A replica that no node may take now, and that one takes as soon as it is upgraded: no copy goes from a newer node to an older one.
 * Not to be waited for while nodes of two versions are members.
 */
export function waitsForNewerNode({ primary, verdict, refusals }: AllocationExplanation): boolean {
  const forVersionAlone = ({ deciders: all }: NodeRefusal): boolean =>
    all.length > 0 && all.every(({ decider }) => versionRules.includes(decider));
  return !primary && verdict === 'no' && refusals.some(forVersionAlone);
}

/** Rules that say no for as long as the index, its filters and the members are what they are. */
const lastingRules = [
  ...versionRules,
  ...['same_shard', 'filter', 'max_retry', 'shards_limit', 'awareness', 'data_tier', 'dedicated_frozen_node'],
];

/**
 * An unassigned copy that will not be assigned while the members stay the same: each node refuses it by a lasting rule, or no node has its
 * data any more. A copy that is delayed (a full disk, a limit of recoveries, allocation that is switched off) is not one.
 */
export function cannotCome({ verdict, refusals }: AllocationExplanation): boolean {
  if (verdict === 'no_valid_shard_copy') return true;
  const lasting = ({ deciders: all }: NodeRefusal): boolean =>
    all.some(({ decider }) => lastingRules.includes(decider));
  return verdict === 'no' && refusals.length > 0 && refusals.every(lasting);
}

/** Without its full stop: `documents[0], a replica, is unassigned (NODE_LEFT): search-1 refuses it (same_shard: ...); ...` */
export function allocationSentence(explained: AllocationExplanation): string {
  const { index, shard, primary, state, unassignedReason, failedAttempts, failure, refusals } = explained;
  const why = unassignedReason === undefined ? '' : ` (${unassignedReason})`;
  const tried =
    failedAttempts === 0 ? '' : `, after ${failedAttempts} failed attempts${failure ? ` (${failure})` : ''}`;
  const nodes = refusals
    .filter(({ deciders: all }) => all.length > 0)
    .map(
      ({ node, deciders: all }) =>
        `${node} refuses it (${all.map(({ decider, text }) => `${decider}: ${shortened(text)}`).join(', ')})`,
    );
  const subject = `${index}[${shard}], a ${primary ? 'primary' : 'replica'}, is ${state}${why}${tried}`;
  return `${subject}: ${nodes.length > 0 ? nodes.join('; ') : `the engine's decision is '${explained.verdict}'`}`;
}

/** The rule about failed attempts repeats all of the copy's state for each node, after how to try again by hand. */
function shortened(text: string): string {
  return text.replace(/ - manually (?:call|retry).*$/s, '');
}
