// Plans the indices: template, creation, settings, mapping, aliases. An index that its application makes itself is never made here.
import { templateMatches, type ObservedIndex } from '../../cluster/index.ts';
import { absent, shown } from '@understudy/foundation';
import type { Observation, ObservedCluster, OwnIndex } from '../../observe/index.ts';
import type { Formation } from './formation.ts';
import {
  aliasesOf,
  clusterSubject,
  differingSettings,
  indexTemplateOf,
  mappingOf,
  type Intent,
} from '../../operation/index.ts';
import type { Index } from '../../topology/index.ts';
import { planAccounts } from './accounts.ts';
import { membersFirst, planLeftovers } from './leftovers.ts';
import { ifPlanned, stepId } from './step-id.ts';
import type { PlanDraft } from './plan-draft.ts';

export function planIndices(draft: PlanDraft, intent: Intent, observation: Observation, formation: Formation): void {
  if (formation.state === 'unclear') return;
  const cluster = shown(observation.cluster);
  // A cluster that does not answer gets no index steps; its engines come first, and the next observation reads the index.
  const answers = cluster?.membership.state === 'seen' && cluster.membership.value.master !== undefined;
  if (formation.state === 'formed' && !answers) return;
  for (const index of intent.topology.search.indices) {
    planIndex(draft, intent, index, formation.state === 'formed' ? ownIndex(cluster, index) : unmade(index));
  }
  if (!cluster) return;
  planAccounts(draft, intent, cluster);
  planLeftovers(draft, intent, cluster);
}

/** A cluster that is formed by this plan has no template and no index yet. */
function unmade({ name }: Index): OwnIndex {
  return { name, template: absent, settings: absent, condition: absent, aliases: absent, mapping: absent };
}

function ownIndex(cluster: ObservedCluster | undefined, index: Index): OwnIndex {
  return cluster?.own.find(({ name }) => name === index.name) ?? unmade(index);
}

function planIndex(draft: PlanDraft, intent: Intent, index: Index, seen: OwnIndex): void {
  const { name } = index;
  const subject = clusterSubject(intent);
  planMapping(draft, intent, index, seen);
  planTemplate(draft, intent, index, seen);
  if (seen.settings.state === 'unknown') draft.unreadPart(subject, `The index ${name}`, seen.settings);
  else if (seen.settings.state === 'seen') {
    planSettings(draft, intent, index, seen.settings.value);
    planAliases(draft, intent, index, seen);
  } else if (index.template.from !== 'none') {
    draft.add({
      id: stepId.index(intent.topology.name, orderOf(intent, index)),
      subject,
      action: 'create',
      reason: `The index ${name} is missing.`,
      task: { kind: 'index-create', index: name },
      after: [...membersFirst(intent), ifPlanned(stepId.indexTemplate(intent.topology.name, orderOf(intent, index)))],
    });
  }
}

/** The first index has no number in its steps. */
function orderOf({ topology }: Intent, { name }: Index): number {
  return topology.search.indices.findIndex((index) => index.name === name);
}

function planTemplate(draft: PlanDraft, intent: Intent, index: Index, { template }: OwnIndex): void {
  const wanted = indexTemplateOf(intent, index);
  if (wanted === undefined) return;
  const subject = clusterSubject(intent);
  const { name } = index;
  if (template.state === 'unknown') return draft.unreadPart(subject, `The index template ${name}`, template);
  if (template.state === 'seen' && templateMatches(template.value, wanted)) return;
  const order = orderOf(intent, index);
  draft.add({
    id: stepId.indexTemplate(intent.topology.name, order),
    subject,
    action: template.state === 'seen' ? 'update' : 'create',
    reason: `The index template ${name} ${template.state === 'seen' ? 'differs from the intended one' : 'is missing'}.`,
    task: { kind: 'index-template', index: name },
    // A mapping that the engine refuses changes nothing: the template, which further indices would get, neither.
    after: [...membersFirst(intent), ifPlanned(stepId.indexMapping(intent.topology.name, order))],
  });
}

function planMapping(draft: PlanDraft, intent: Intent, index: Index, { settings, mapping }: OwnIndex): void {
  const wanted = mappingOf(intent, index);
  if (wanted === undefined || settings.state !== 'seen') return;
  const subject = clusterSubject(intent);
  if (mapping.state === 'unknown') return draft.unreadPart(subject, `The mapping of ${index.name}`, mapping);
  if (mapping.state === 'seen' && mapping.value.mark === wanted.mark) return;
  draft.add({
    id: stepId.indexMapping(intent.topology.name, orderOf(intent, index)),
    subject,
    action: 'update',
    reason: `The mapping of the index ${index.name} is not the one of its file.`,
    task: { kind: 'index-mapping', index: index.name },
    after: membersFirst(intent),
  });
}

function planAliases(draft: PlanDraft, intent: Intent, index: Index, { aliases }: OwnIndex): void {
  const wanted = aliasesOf(intent, index);
  if (wanted.length === 0) return;
  const subject = clusterSubject(intent);
  if (aliases.state === 'unknown') return draft.unreadPart(subject, `The aliases of ${index.name}`, aliases);
  const missing = wanted.filter((alias) => !(shown(aliases) ?? []).includes(alias));
  if (missing.length === 0) return;
  draft.add({
    id: stepId.indexAliases(intent.topology.name, orderOf(intent, index)),
    subject,
    action: 'update',
    reason: `The index ${index.name} lacks the alias ${missing.join(', ')}.`,
    task: { kind: 'index-aliases', index: index.name, aliases: missing },
    after: membersFirst(intent),
  });
}

function planSettings(draft: PlanDraft, intent: Intent, index: Index, seen: ObservedIndex): void {
  const { name, shards, replicas, durability, template } = index;
  const own = template.from === 'none';
  if (!own && seen.shards !== shards) {
    draft.obstacle(
      name,
      `The index has ${seen.shards} primary shards, ${shards} are asked for; only a reindex can change that.`,
    );
  }
  const wrong: string[] = [];
  // An application may ask for more copies of the index that it made; with fewer, one death loses documents.
  if (own ? seen.replicas < replicas : seen.replicas !== replicas)
    wrong.push(`${seen.replicas} replicas instead of ${replicas}`);
  if (seen.durability !== durability) {
    wrong.push(`translog durability '${seen.durability}' instead of '${durability}'`);
  }
  const fromFile = Object.entries(differingSettings(intent, index, seen.settings));
  wrong.push(
    ...fromFile.map(([key, value]) => `${key} ${seen.settings[`index.${key}`] ?? 'unset'} instead of ${String(value)}`),
  );
  if (wrong.length === 0) return;
  draft.add({
    id: stepId.index(intent.topology.name, orderOf(intent, index)),
    subject: clusterSubject(intent),
    action: 'update',
    reason: `The index ${name} has ${wrong.join(' and ')}.`,
    task: { kind: 'index-settings', index: name, settings: settingsBody(index, seen, Object.fromEntries(fromFile)) },
    after: membersFirst(intent),
  });
}

function settingsBody(
  { replicas, durability, template }: Index,
  seen: ObservedIndex,
  fromFile: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const copies = template.from === 'none' ? Math.max(replicas, seen.replicas) : replicas;
  return { ...fromFile, number_of_replicas: copies, translog: { durability } };
}
