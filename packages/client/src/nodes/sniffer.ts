// Optional: follows the cluster's own list of nodes. Only useful where the addresses that nodes publish can be reached.
import type { Time, Timer } from '../time/time.ts';

/** Asks the cluster: `GET /_nodes/_all/http`, or undefined when it did not answer. */
export type AskNodes = () => Promise<NodesAnswer | undefined>;

export interface NodesAnswer {
  readonly nodes?: Readonly<
    Record<string, { readonly roles?: readonly string[]; readonly http?: { readonly publish_address?: string } }>
  >;
}

export class Sniffer {
  readonly #time: Time;
  readonly #everyMs: number;
  readonly #ask: AskNodes;
  readonly #onNodes: (urls: readonly string[]) => void;
  readonly #protocol: string;
  #timer: Timer | null = null;
  #stopped = false;

  /** @param protocol `http:` or `https:`, which nodes do not publish. */
  constructor(
    time: Time,
    everyMs: number,
    protocol: string,
    ask: AskNodes,
    onNodes: (urls: readonly string[]) => void,
  ) {
    this.#time = time;
    this.#everyMs = everyMs;
    this.#protocol = protocol;
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
    const urls = nodeUrlsIn(answer, this.#protocol);
    // An empty or missing list is no news: the nodes that are known stay.
    if (urls.length > 0 && !this.#stopped) this.#onNodes(urls);
  }
}

/** URLs of the nodes that may take requests: all but those that are only eligible as master. */
export function nodeUrlsIn(answer: NodesAnswer | undefined, protocol: string): readonly string[] {
  return Object.values(answer?.nodes ?? {}).flatMap(({ roles, http }) => {
    const onlyMaster = roles?.length === 1 && (roles[0] === 'master' || roles[0] === 'cluster_manager');
    // The published address is `ip:port`, or `name/ip:port`.
    const address = http?.publish_address?.split('/').at(-1);
    return onlyMaster || address === undefined ? [] : [`${protocol}//${address}`];
  });
}
