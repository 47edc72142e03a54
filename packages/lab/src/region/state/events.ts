// Events of the account: what happened to which entity. They outlive the entity: clients wait on `linode_delete`.
import type { Clock } from '@understudy/foundation';
import type { EventEntity, LabEvent } from './model.ts';
import type { LabStore } from './store.ts';

/** Linode's time format: UTC, to the second, no zone. */
export function linodeTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}

const urlOf: Readonly<Record<string, string>> = {
  linode: '/v4/linode/instances/',
  firewall: '/v4/networking/firewalls/',
  nodebalancer: '/v4/nodebalancers/',
  vpc: '/v4/vpcs/',
  placement_group: '/v4/placement/groups/',
  domain: '/v4/domains/',
  image: '/v4/images/',
  user_ssh_key: '/v4/profile/sshkeys/',
  tag: '/v4/tags/',
};

export function entity(type: string, id: number | string, label: string, url?: string): EventEntity {
  return { id, label, type, url: url ?? `${urlOf[type] ?? `/v4/${type}/`}${id}` };
}

export class EventLog {
  readonly #store: LabStore;
  readonly #clock: Clock;

  constructor(store: LabStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Something that is done at once. */
  note(action: string, about: EventEntity, secondary: EventEntity | null = null): LabEvent {
    return this.#add(action, 'notification', about, secondary, 0);
  }

  /** Something that takes time: call `start` and `end` as it goes. */
  schedule(action: string, about: EventEntity, secondary: EventEntity | null, expectedMs: number): LabEvent {
    return this.#add(action, 'scheduled', about, secondary, expectedMs);
  }

  start(id: number): void {
    const event = this.#store.events.get(id);
    if (event === undefined) return;
    event.status = 'started';
    event.startedMs = this.#clock.now();
    this.#store.touch();
  }

  end(id: number, status: 'finished' | 'failed', message = ''): void {
    const event = this.#store.events.get(id);
    if (event === undefined) return;
    event.status = status;
    event.endedMs = this.#clock.now();
    event.message = message;
    this.#store.touch();
  }

  #add(
    action: string,
    status: LabEvent['status'],
    about: EventEntity,
    secondary: EventEntity | null,
    expectedMs: number,
  ): LabEvent {
    const event: LabEvent = {
      id: this.#store.newId(),
      action,
      status,
      entity: about,
      secondary,
      message: '',
      createdMs: this.#clock.now(),
      startedMs: null,
      endedMs: null,
      expectedMs,
      seen: false,
      read: false,
    };
    this.#store.events.set(event.id, event);
    this.#store.touch();
    return event;
  }
}

/** An event as the API shows it. Shape: live recordings of /account/events. */
export function eventView(event: LabEvent, nowMs: number): Record<string, unknown> {
  return {
    id: event.id,
    created: linodeTime(event.createdMs),
    seen: event.seen,
    read: event.read,
    percent_complete: percentComplete(event, nowMs),
    time_remaining: event.status === 'finished' ? 0 : null,
    rate: null,
    duration: duration(event, nowMs),
    action: event.action,
    username: 'lab',
    entity: event.entity,
    status: event.status,
    secondary_entity: event.secondary,
    message: event.message,
  };
}

function percentComplete(event: LabEvent, nowMs: number): number | null {
  if (event.status === 'notification') return null;
  if (event.status === 'finished' || event.status === 'failed') return 100;
  if (event.startedMs === null || event.expectedMs <= 0) return 0;
  return Math.max(0, Math.min(99, Math.floor(((nowMs - event.startedMs) / event.expectedMs) * 100)));
}

function duration(event: LabEvent, nowMs: number): number | null {
  if (event.startedMs === null) return null;
  return Math.max(0, ((event.endedMs ?? nowMs) - event.startedMs) / 1000);
}
