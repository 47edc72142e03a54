// Optional: requests the cluster's own list of nodes at an interval and reads it. Its callback decides what is done with it.
import { isObject } from '../json/json.ts';
import type { Time, Timer } from '../time/time.ts';
import type { NodeAddress } from './address.ts';

/** Asks the cluster: `GET /_nodes/_all/http`; undefined when it did not answer. */
export type AskNodes = () => Promise<unknown>;

/** A node as the cluster lists it. */
export interface ListedNode {
  readonly engineId: string;
  readonly address: NodeAddress;
}

export class Sniffer {
  readonly #time: Time;
  readonly #everyMs: number;
  readonly #like: NodeAddress;
  readonly #ask: AskNodes;
  readonly #onNodes: (nodes: readonly ListedNode[]) => Promise<void>;
  #timer: Timer | null = null;
  #stopped = false;

  /** @param like a node whose protocol and user are those of all nodes, because nodes do not publish them. */
  constructor(
    time: Time,
    everyMs: number,
    like: NodeAddress,
    ask: AskNodes,
    onNodes: (nodes: readonly ListedNode[]) => Promise<void>,
  ) {
    this.#time = time;
    this.#everyMs = everyMs;
    this.#like = like;
    this.#ask = ask;
    this.#onNodes = onNodes;
  }

  start(): void {
    if (this.#stopped) return;
    this.#timer = this.#time.after(this.#everyMs, () => {
      void this.#sniff().finally(() => this.start());
    });
    this.#timer.hold(false);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #sniff(): Promise<void> {
    const answer = await this.#ask().catch(() => undefined);
    const nodes = nodesIn(answer, this.#like);
    // An empty or missing list changes nothing: the known nodes stay.
    if (nodes.length > 0 && !this.#stopped) await this.#onNodes(nodes);
  }
}

/** The nodes of a list that may take requests and say where: all but those that are only eligible as master. */
export function nodesIn(answer: unknown, like: NodeAddress): readonly ListedNode[] {
  const nodes = isObject(answer) ? answer['nodes'] : undefined;
  if (!isObject(nodes)) return [];
  return Object.entries(nodes).flatMap(([engineId, node]) => {
    if (!isObject(node) || isOnlyMaster(node['roles']) || !isObject(node['http'])) return [];
    const published = node['http']['publish_address'];
    if (typeof published !== 'string') return [];
    // The published address is `ip:port`, or `name/ip:port`.
    const host = published.slice(published.lastIndexOf('/') + 1);
    const address = isReachableKind(host) ? like.sibling(host) : undefined;
    return address ? [{ engineId, address }] : [];
  });
}

function isOnlyMaster(roles: unknown): boolean {
  return Array.isArray(roles) && roles.length === 1 && (roles[0] === 'master' || roles[0] === 'cluster_manager');
}

/** Link-local addresses mean something else on every machine, and unspecified ones mean this machine. */
function isReachableKind(host: string): boolean {
  return !/^(\[fe[89ab][\da-f]:|169\.254\.|0\.0\.0\.0:|\[::\]:)/i.test(host);
}
