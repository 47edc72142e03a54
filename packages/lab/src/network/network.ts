// The region's network: brings cables and rules to what machines, balancers, subnets and firewalls need,
// and keeps that state, so that a restarted daemon renders the same rules. Decides nothing about machines.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError } from '@understudy/foundation';
import { renderRuleset } from '../firewall/ruleset.ts';
import type { FirewallSpec, SubnetSpec } from '../region/hardware.ts';
import { Serial } from '../host/serial.ts';
import type { HostShell } from '../host/shell.ts';
import * as commands from './commands.ts';
import { cableName, hostLink, regionNamespace, type Cable, type Owner } from './names.ts';

interface Memory {
  subnets: readonly SubnetSpec[];
  cables: readonly Cable[];
  firewalls: readonly FirewallSpec[];
}

export interface NetworkOptions {
  readonly shell: HostShell;
  readonly stateDirectory: string;
  readonly metadataPort: number;
}

const sameOwner = (owner: Owner, id: number) => (cable: Cable) => cable.owner === owner && cable.ownerId === id;

export class Network {
  readonly #shell: HostShell;
  readonly #stateDirectory: string;
  readonly #metadataPort: number;
  readonly #serial = new Serial();
  #memory: Memory | undefined;

  constructor(options: NetworkOptions) {
    this.#shell = options.shell;
    this.#stateDirectory = options.stateDirectory;
    this.#metadataPort = options.metadataPort;
  }

  /** Creates the region's namespace and the host's link into it, unless both exist. */
  open(): Promise<void> {
    return this.#serial.run('network', async () => {
      const memory = await this.#read();
      if (!(await this.#stands())) await this.#build(memory);
      await this.#applyRules(memory);
    });
  }

  ensureSubnet(spec: SubnetSpec): Promise<void> {
    return this.#change(async (memory) => {
      await this.#shell.run(commands.regionBatch, commands.subnetRoutes(spec.vpcId, spec.range));
      return { ...memory, subnets: [...memory.subnets.filter(({ id }) => id !== spec.id), spec] };
    });
  }

  removeSubnet(id: number): Promise<void> {
    return this.#change(async (memory) => {
      const gone = memory.subnets.find((subnet) => subnet.id === id);
      if (gone)
        await this.#shell.attempt(commands.regionForceBatch, commands.subnetRoutesRemoval(gone.vpcId, gone.range));
      return { ...memory, subnets: memory.subnets.filter((subnet) => subnet.id !== id) };
    });
  }

  /** Errors: `lab-subnet-unknown`. */
  async subnet(id: number): Promise<SubnetSpec> {
    const subnets = (await this.#read()).subnets;
    const found = subnets.find((subnet) => subnet.id === id);
    if (found) return found;
    throw new UnderstudyError(
      'lab-subnet-unknown',
      `Subnet ${id} does not exist in the lab; it has ${subnets.map((known) => known.id).join(', ') || 'none'}.`,
    );
  }

  /** Attaches an owner's cables: they replace those that it had. Its namespace must exist. */
  attachCables(owner: Owner, id: number, cables: readonly Cable[]): Promise<void> {
    return this.#change(async (memory) => {
      const before = memory.cables.filter(sameOwner(owner, id));
      await this.#detach([...before, ...cables]);
      // The source address filter must have the new addresses before the first packet arrives.
      const next = { ...memory, cables: [...memory.cables.filter((cable) => !before.includes(cable)), ...cables] };
      await this.#applyRules(next);
      await this.#shell.run(commands.regionBatch, cables.map(commands.attachCable).join(''));
      return next;
    });
  }

  /** Detaches an owner's cables at once; packets to their addresses are then discarded. */
  detachCables(owner: Owner, id: number): Promise<void> {
    return this.#change(async (memory) => {
      await this.#detach(memory.cables.filter(sameOwner(owner, id)));
      return { ...memory, cables: memory.cables.filter((cable) => !sameOwner(owner, id)(cable)) };
    });
  }

  applyFirewall(spec: FirewallSpec): Promise<void> {
    return this.#change((memory) =>
      Promise.resolve({ ...memory, firewalls: [...memory.firewalls.filter(({ id }) => id !== spec.id), spec] }),
    );
  }

  removeFirewall(id: number): Promise<void> {
    return this.#change((memory) =>
      Promise.resolve({ ...memory, firewalls: memory.firewalls.filter((firewall) => firewall.id !== id) }),
    );
  }

  /** Changes are one at a time, since all of them end in the one rule set; rules first, memory last. */
  #change(step: (memory: Memory) => Promise<Memory>): Promise<void> {
    return this.#serial.run('network', async () => {
      const next = await step(await this.#read());
      await this.#applyRules(next);
      await this.#write(next);
    });
  }

  async #detach(cables: readonly Cable[]): Promise<void> {
    const unique = new Map(cables.map((cable) => [cableName(cable), cable]));
    if (unique.size === 0) return;
    await this.#shell.attempt(commands.regionForceBatch, [...unique.values()].map(commands.detachCable).join(''));
  }

  async #applyRules(memory: Memory): Promise<void> {
    const script = renderRuleset({ ...memory, metadataPort: this.#metadataPort });
    await this.#shell.run(['ip', 'netns', 'exec', regionNamespace, 'nft', '-f', '-'], script);
  }

  async #stands(): Promise<boolean> {
    const link = await this.#shell.attempt(['ip', 'link', 'show', hostLink]);
    const region = await this.#shell.attempt(['ip', '-n', regionNamespace, 'link', 'show', 'void']);
    return link.code === 0 && region.code === 0;
  }

  async #build(memory: Memory): Promise<void> {
    await this.#shell.attempt(['ip', 'link', 'delete', hostLink]);
    await this.#shell.attempt(['ip', 'netns', 'delete', regionNamespace]);
    await this.#shell.run(['ip', 'netns', 'add', regionNamespace]);
    await this.#shell.run(commands.regionSettings);
    await this.#shell.run(['ip', '-batch', '-'], commands.hostSide(this.#stateDirectory));
    await this.#shell.run(commands.regionBatch, commands.regionSide());
    const routes = memory.subnets.map((subnet) => commands.subnetRoutes(subnet.vpcId, subnet.range)).join('');
    if (routes !== '') await this.#shell.run(commands.regionBatch, routes);
  }

  get #file(): string {
    return join(this.#stateDirectory, 'network.json');
  }

  async #read(): Promise<Memory> {
    if (this.#memory) return this.#memory;
    const text = await readFile(this.#file, 'utf8').catch(() => undefined);
    this.#memory = text === undefined ? { subnets: [], cables: [], firewalls: [] } : (JSON.parse(text) as Memory);
    return this.#memory;
  }

  async #write(memory: Memory): Promise<void> {
    this.#memory = memory;
    await mkdir(this.#stateDirectory, { recursive: true });
    await writeFile(`${this.#file}.new`, JSON.stringify(memory));
    await rename(`${this.#file}.new`, this.#file);
  }
}
