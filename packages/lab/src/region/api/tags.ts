// Tags: a label over instances, NodeBalancers and firewalls.
import { balancerView } from './balancer-view.ts';
import { found } from './answer.ts';
import { Input } from './input.ts';
import { instanceView } from './instance-view.ts';
import { listRoute, paged, type Call, type Json, type Route } from './route.ts';
import { entity } from '../state/events.ts';
import type { LabStore } from '../state/store.ts';

function tagged(store: LabStore): { tags: string[] }[] {
  return [...store.machines.values(), ...store.balancers.values(), ...store.firewalls.values()];
}

function allTags(store: LabStore): string[] {
  return [...new Set([...store.tags, ...tagged(store).flatMap((item) => item.tags)])].sort();
}

function createTag(call: Call): Json {
  const { store } = call;
  const input = new Input(call.body);
  input.require('label');
  const label = input.text('label', { least: 3, most: 50 }) ?? '';
  if (allTags(store).includes(label)) input.refuse('Tag already exists', 'label');
  const items: { tags: string[] }[] = [];
  for (const [field, collection] of [
    ['linodes', store.machines],
    ['nodebalancers', store.balancers],
  ] as const) {
    for (const id of input.ids(field) ?? []) {
      const item = collection.get(id);
      if (item === undefined) input.refuse(`${field} is not valid`, field);
      else items.push(item);
    }
  }
  input.done();
  store.tags.push(label);
  for (const item of items) item.tags = [...item.tags, label];
  call.events.note('tag_create', entity('tag', label, label));
  return { label };
}

function objectsOf(call: Call): Json {
  const { store } = call;
  const label = found(allTags(store).find((tag) => tag === call.params['tagLabel']));
  const linodes = [...store.machines.values()].filter((m) => m.tags.includes(label));
  const balancers = [...store.balancers.values()].filter((b) => b.tags.includes(label));
  const rows = [
    ...linodes.map((m) => ({ type: 'linode', data: instanceView(store, m) })),
    ...balancers.map((b) => ({ type: 'nodebalancer', data: balancerView(b) })),
  ];
  return paged(call, rows, ['type']);
}

function deleteTag(call: Call): Json {
  const { store } = call;
  const label = found(allTags(store).find((tag) => tag === call.params['tagLabel']));
  store.tags = store.tags.filter((tag) => tag !== label);
  for (const item of tagged(store)) item.tags = item.tags.filter((tag) => tag !== label);
  call.events.note('tag_delete', entity('tag', label, label));
  return {};
}

export const tagRoutes: readonly Route[] = [
  listRoute('/tags', 'account:read_only', (call) => allTags(call.store).map((label) => ({ label })), ['label']),
  { method: 'POST', path: '/tags', scope: 'account:read_write', handle: createTag },
  { method: 'GET', path: '/tags/:tagLabel', scope: 'account:read_only', handle: objectsOf },
  { method: 'DELETE', path: '/tags/:tagLabel', scope: 'account:read_write', handle: deleteTag },
];
