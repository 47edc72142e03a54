// Creating an object exactly once over a network that may lose the answer: when in doubt, look before trying again.
import { isLinodeError } from '../../linode/index.ts';
import type { Clock } from '@understudy/foundation';

export interface Creation<Made> {
  readonly create: () => Promise<Made>;
  /** Finds the object by its label, and only when it carries our mark or can be nobody else's. */
  readonly find: () => Promise<Made | undefined>;
  readonly clock: Clock;
}

const looks = 3;
const attempts = 3;

/**
 * `linode-ambiguous` means sent and not answered: the object is looked for, and made again only when it stays missing.
 * `linode-invalid` may mean that its label is taken, by ourselves in a request whose answer was lost: then it is adopted.
 */
export async function createOnce<Made>(creation: Creation<Made>): Promise<Made> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await creation.create();
    } catch (error) {
      const lost = isLinodeError(error, 'linode-ambiguous');
      if (!lost && !isLinodeError(error, 'linode-invalid')) throw error;
      const made = await lookFor(creation, lost ? looks : 1);
      if (made !== undefined) return made;
      if (!lost || attempt === attempts) throw error;
    }
  }
}

async function lookFor<Made>({ find, clock }: Creation<Made>, times: number): Promise<Made | undefined> {
  for (let look = 0; look < times; look += 1) {
    if (look > 0) await clock.sleep(1000);
    const made = await find();
    if (made !== undefined) return made;
  }
  return undefined;
}
