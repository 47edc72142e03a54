// Creates an object exactly once over a network that may lose the response: it looks for the object before it sends the request again.
import { isLinodeError } from '../../linode/index.ts';
import type { Clock } from '@understudy/foundation';

export interface Creation<Made> {
  readonly create: () => Promise<Made>;
  /** Finds the object by its label; only an object that has this system's tag, or that cannot belong to another system. */
  readonly find: () => Promise<Made | undefined>;
  readonly clock: Clock;
}

const lookups = 3;
const attempts = 3;

/**
 * `linode-ambiguous` means that the request was sent and the response was lost: the object is looked up, and created again only if
 * it is missing. `linode-invalid` may mean that the label is in use, by an earlier request of ours whose response was lost: then
 * the existing object is used.
 */
export async function createOnce<Made>(creation: Creation<Made>): Promise<Made> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await creation.create();
    } catch (error) {
      const lost = isLinodeError(error, 'linode-ambiguous');
      if (!lost && !isLinodeError(error, 'linode-invalid')) throw error;
      const made = await findAgain(creation, lost ? lookups : 1);
      if (made !== undefined) return made;
      if (!lost || attempt === attempts) throw error;
    }
  }
}

async function findAgain<Made>({ find, clock }: Creation<Made>, times: number): Promise<Made | undefined> {
  for (let lookup = 0; lookup < times; lookup += 1) {
    if (lookup > 0) await clock.sleep(1000);
    const made = await find();
    if (made !== undefined) return made;
  }
  return undefined;
}
