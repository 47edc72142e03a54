// The account and its profile: who the token belongs to, events, settings, SSH keys.
import { found } from './answer.ts';
import { Input } from './input.ts';
import { idOf, listRoute, paged, type Call, type Json, type Route } from './route.ts';
import { entity, eventView } from '../state/events.ts';
import type { LabEvent, SshKey } from '../state/model.ts';

const account = {
  company: 'Understudy Lab',
  email: 'lab@example.com',
  first_name: 'Lab',
  last_name: 'Operator',
  address_1: '',
  address_2: '',
  city: '',
  state: '',
  zip: '',
  country: 'US',
  phone: '',
  balance: 0,
  tax_id: '',
  billing_source: 'linode',
  credit_card: { last_four: null, expiry: null },
  balance_uninvoiced: 0,
  active_since: '2020-01-01T00:00:00',
  capabilities: [
    'Linodes',
    'NodeBalancers',
    'Cloud Firewall',
    'VPCs',
    'Placement Group',
    'Linode Interfaces',
    'Machine Images',
  ],
  active_promotions: [],
  euuid: '00000000-0000-4000-8000000000000000',
};

const profile = {
  uid: 1,
  username: 'lab',
  email: 'lab@example.com',
  timezone: 'GMT',
  email_notifications: false,
  referrals: { code: '', url: 'https://www.linode.com/?r=', total: 0, completed: 0, pending: 0, credit: 0 },
  ip_whitelist_enabled: false,
  lish_auth_method: 'keys_only',
  authorized_keys: null,
  two_factor_auth: false,
  restricted: false,
  authentication_type: 'password',
  verified_phone_number: null,
};

function settingsView(call: Call): Json {
  return {
    managed: false,
    longview_subscription: null,
    object_storage: 'disabled',
    maintenance_policy: 'linode/migrate',
    ...call.store.settings,
  };
}

const generationRules = [
  'legacy_config_only',
  'legacy_config_default_but_linode_allowed',
  'linode_default_but_legacy_config_allowed',
  'linode_only',
] as const;

function updateSettings(call: Call): Json {
  const input = new Input(call.body);
  const { settings } = call.store;
  const next = {
    interfaces_for_new_linodes:
      input.oneOf('interfaces_for_new_linodes', generationRules) ?? settings.interfaces_for_new_linodes,
    network_helper: input.flag('network_helper') ?? settings.network_helper,
    backups_enabled: input.flag('backups_enabled') ?? settings.backups_enabled,
  };
  input.done();
  call.store.settings = next;
  return settingsView(call);
}

const eventOf = (call: Call): LabEvent => found(call.store.events.get(idOf(call, 'eventId')));

/** Newest first, as Linode lists them. */
function listEvents(call: Call): Json {
  const now = call.clock.now();
  const views = [...call.store.events.values()].reverse().map((event) => eventView(event, now));
  return paged(call, views, [
    'action',
    'created',
    'entity.id',
    'entity.type',
    'id',
    'read',
    'seen',
    'status',
    'username',
  ]);
}

function mark(call: Call, field: 'seen' | 'read'): Json {
  const upTo = eventOf(call);
  for (const event of call.store.events.values())
    if (field === 'read' ? event === upTo : event.id <= upTo.id) event[field] = true;
  return {};
}

const keyView = ({ id, label, key, created }: SshKey): Json => ({ id, label, ssh_key: key, created });
const keyOf = (call: Call): SshKey => found(call.store.sshKeys.get(idOf(call, 'sshKeyId')));
const keyLabel = { least: 1, most: 64 };

function createKey(call: Call): Json {
  const input = new Input(call.body);
  input.require('label', 'ssh_key');
  const label = input.text('label', keyLabel) ?? '';
  const key =
    input.text('ssh_key', { pattern: /^(ssh-\S+|ecdsa-\S+|sk-\S+) [A-Za-z0-9+/=]+/, reason: 'SSH Key is not valid' }) ??
    '';
  input.done();
  const sshKey = { id: call.store.newId(), label, key: key.trim(), created: call.time };
  call.store.sshKeys.set(sshKey.id, sshKey);
  call.events.note('user_ssh_key_add', entity('user_ssh_key', sshKey.id, label));
  return keyView(sshKey);
}

function updateKey(call: Call): Json {
  const key = keyOf(call);
  const input = new Input(call.body);
  const label = input.text('label', keyLabel);
  input.done();
  key.label = label ?? key.label;
  return keyView(key);
}

function deleteKey(call: Call): Json {
  const key = keyOf(call);
  call.store.sshKeys.delete(key.id);
  call.events.note('user_ssh_key_delete', entity('user_ssh_key', key.id, key.label));
  return {};
}

const read = 'account:read_only';
const write = 'account:read_write';
const anyToken = '*';

export const accountRoutes: readonly Route[] = [
  { method: 'GET', path: '/account', scope: read, handle: () => account },
  { method: 'GET', path: '/account/settings', scope: read, handle: settingsView },
  { method: 'PUT', path: '/account/settings', scope: write, handle: updateSettings },
  { method: 'GET', path: '/account/logins', scope: read, handle: (call) => paged(call, [], []) },
  { method: 'GET', path: '/account/maintenance', scope: read, handle: (call) => paged(call, [], []) },
  { method: 'GET', path: '/account/notifications', scope: read, handle: (call) => paged(call, [], []) },
  {
    method: 'GET',
    path: '/account/transfer',
    scope: read,
    handle: () => ({ billable: 0, quota: 1000, used: 0, region_transfers: [] }),
  },
  { method: 'GET', path: '/account/events', scope: 'events:read_only', handle: listEvents },
  {
    method: 'GET',
    path: '/account/events/:eventId',
    scope: 'events:read_only',
    handle: (call) => eventView(eventOf(call), call.clock.now()),
  },
  {
    method: 'POST',
    path: '/account/events/:eventId/seen',
    scope: 'events:read_only',
    handle: (call) => mark(call, 'seen'),
  },
  {
    method: 'POST',
    path: '/account/events/:eventId/read',
    scope: 'events:read_only',
    handle: (call) => mark(call, 'read'),
  },
  // As recorded: any token may ask who it belongs to.
  { method: 'GET', path: '/profile', scope: anyToken, handle: () => profile },
  // As on Linode: a user without restrictions has no list of grants.
  { method: 'GET', path: '/profile/grants', scope: anyToken, handle: () => undefined },
  listRoute('/profile/sshkeys', read, (call) => [...call.store.sshKeys.values()].map(keyView), ['id', 'label']),
  { method: 'POST', path: '/profile/sshkeys', scope: write, handle: createKey },
  { method: 'GET', path: '/profile/sshkeys/:sshKeyId', scope: read, handle: (call) => keyView(keyOf(call)) },
  { method: 'PUT', path: '/profile/sshkeys/:sshKeyId', scope: write, handle: updateKey },
  { method: 'DELETE', path: '/profile/sshkeys/:sshKeyId', scope: write, handle: deleteKey },
];
