// Which addresses a client that sniffs uses: those of the cluster's list that it reaches. The seeds are kept, and used
// again when none of these can be used any more.
import type { Time } from '../time/time.ts';
import type { NodeAddress } from './address.ts';
import type { NodeSet } from './node-set.ts';
import { engineIdIn, identifyRequest } from './identity.ts';
import type { ListedNode } from './sniffer.ts';
import type { WireFactory } from './wire.ts';

export class Membership {
  readonly #time: Time;
  readonly #wires: WireFactory;
  readonly #nodes: NodeSet;
  readonly #seeds: readonly NodeAddress[];
  readonly #timeoutMs: number;
  readonly #onChange: (urls: readonly string[]) => void;
  #current: readonly NodeAddress[];

  constructor(
    time: Time,
    wires: WireFactory,
    nodes: NodeSet,
    seeds: readonly NodeAddress[],
    timeoutMs: number,
    onChange: (urls: readonly string[]) => void,
  ) {
    this.#time = time;
    this.#wires = wires;
    this.#nodes = nodes;
    this.#seeds = seeds;
    this.#timeoutMs = timeoutMs;
    this.#onChange = onChange;
    this.#current = seeds;
  }

  /** Follows the cluster's list: nodes that are known stay, new ones join when they can be reached. */
  async follow(listed: readonly ListedNode[]): Promise<void> {
    const states = new Map(this.#nodes.all.map(({ url, state }) => [url, state]));
    const joined = await Promise.all(
      listed.map(async (node) => (states.has(node.address.url) || (await this.#reaches(node)) ? node : undefined)),
    );
    const members = joined.filter((node) => node !== undefined).map(({ address }) => address);
    const isUsable = members.some(({ url }) => states.get(url) !== 'down');
    this.#use(isUsable ? members : [...members, ...this.#seeds]);
  }

  /** No node can be used: the seeds may be. */
  fallBack(): void {
    this.#use([...this.#current, ...this.#seeds]);
  }

  #use(addresses: readonly NodeAddress[]): void {
    const byUrl = new Map(addresses.map((address) => [address.url, address]));
    if (byUrl.size === this.#current.length && this.#current.every(({ url }) => byUrl.has(url))) return;
    this.#current = [...byUrl.values()];
    void this.#nodes.replace(this.#current);
    this.#onChange([...byUrl.keys()]);
  }

  /** Whether that very node answers at its address: the published address may belong to another machine in this network. */
  async #reaches({ address, engineId }: ListedNode): Promise<boolean> {
    const wire = this.#wires(address.target);
    const isIt = await new Promise<boolean>((resolve) => {
      const timer = this.#time.after(this.#timeoutMs, () => resolve(false));
      timer.hold(false);
      const end = (found: boolean): void => {
        timer.cancel();
        resolve(found);
      };
      wire.probe(identifyRequest, {
        onSent: () => undefined,
        onAnswer: (answer) => end(engineIdIn(answer) === engineId),
        onFailure: () => end(false),
      });
    });
    await wire.close();
    return isIt;
  }
}
