// The accounts of a simulated OpenSearch: taken from the files of its first member when the cluster forms, changed by its API alone.
import { parse } from 'yaml';
import type { SimulatedMachine } from './simulated-machine.ts';
import type { SimulatedRequest } from './simulated-answers.ts';

const root = '/_plugins/_security/api/';
const fileOf: Readonly<Record<string, string>> = {
  internalusers: 'internal_users',
  roles: 'roles',
  rolesmapping: 'roles_mapping',
};

type Objects = Record<string, object>;

export class SimulatedAccounts {
  readonly #stored = new Map<string, Objects>();

  constructor(machine: SimulatedMachine) {
    for (const [part, name] of Object.entries(fileOf)) {
      const file = machine.files.get(`/etc/opensearch/opensearch-security/${name}.yml`);
      if (!file) continue;
      const objects = Object.entries(parse(file.content) as Objects).filter(([key]) => key !== '_meta');
      this.#stored.set(part, Object.fromEntries(objects));
    }
  }

  /** What the API shows of one kind; tests change it as a person would. */
  of(part: string): Objects {
    const objects = this.#stored.get(part) ?? {};
    this.#stored.set(part, objects);
    return objects;
  }

  answer({ method, route, body }: SimulatedRequest): [number, unknown] | undefined {
    if (!route.startsWith(root)) return undefined;
    const [part = '', name] = route.slice(root.length).split('/');
    if (!(part in fileOf)) return [404, {}];
    if (method === 'PUT' && name !== undefined) {
      this.of(part)[name] = body;
      return [200, { status: 'OK' }];
    }
    const shown = Object.entries(this.of(part)).map(([key, object]) => [
      key,
      { reserved: false, hidden: false, ...object, ...(part === 'internalusers' && { hash: '' }) },
    ]);
    return [200, Object.fromEntries(shown)];
  }
}
