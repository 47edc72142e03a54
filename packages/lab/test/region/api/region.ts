// A region in memory behind real HTTP, for the tests of the API.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Secret } from '@understudy/foundation';
import { createRegionApi, SimulatedHardware, type RegionApi, type RegionOptions } from '../../../src/region/index.ts';
import type { ExchangeListener } from '../../../../understudy/test/simulation/simulated-world.ts';

export type Body = Record<string, unknown>;

export interface Answer<T = Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface TestRegion {
  readonly api: RegionApi;
  readonly hardware: SimulatedHardware;
  /** Without /v4. */
  readonly url: string;
  /** `path` is below /v4 unless it starts with /lab. */
  readonly ask: <T = Body>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Answer<T>>;
  /** Asks and insists on 200. */
  readonly ok: <T = Body>(method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<T>;
  /** Asks and returns the errors of a refusal, as `field: reason`. */
  readonly refused: (method: string, path: string, body?: unknown) => Promise<string[]>;
}

export const token = 'a-token-of-the-lab';

export async function startRegion(
  t: Pick<TestContext, 'after'>,
  options: Partial<RegionOptions> & { listener?: ExchangeListener } = {},
): Promise<TestRegion> {
  const hardware = (options.hardware as SimulatedHardware | undefined) ?? new SimulatedHardware();
  const roomy = { requests: 1_000_000, windowMs: 60_000 };
  const limits = { general: roomy, 'instance-create': roomy, 'vpc-create': roomy };
  const api = createRegionApi({ hardware, token: new Secret(token), speed: 10_000, limits, ...options });
  await api.start();
  const url = await api.listen(0);
  t.after(() => api.stop());
  const ask = async <T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> => {
    const response = await fetch(`${url}${path.startsWith('/lab') ? '' : '/v4'}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = (text === '' ? null : JSON.parse(text)) as T;
    options.listener?.({ method, url: path, sent: body, status: response.status, answer });
    return { status: response.status, headers: response.headers, body: answer };
  };
  const ok = async <T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T> => {
    const answer = await ask<T>(method, path, body, headers);
    assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const refused = async (method: string, path: string, body?: unknown): Promise<string[]> => {
    const answer = await ask<{ errors: { reason: string; field?: string }[] }>(method, path, body);
    assert.ok(answer.status >= 400, `${method} ${path} was not refused: ${JSON.stringify(answer.body)}`);
    return answer.body.errors.map(({ field, reason }) => (field === undefined ? reason : `${field}: ${reason}`));
  };
  return { api, hardware, url, ask, ok, refused };
}

export interface Network {
  readonly vpcId: number;
  readonly subnetId: number;
}

export async function createNetwork(region: TestRegion, label = 'demo', range = '10.20.0.0/24'): Promise<Network> {
  const vpc = await region.ok<{ id: number; subnets: { id: number }[] }>('POST', '/vpcs', {
    label,
    region: 'us-ord',
    subnets: [{ label: `${label}-subnet`, ipv4: range }],
  });
  return { vpcId: vpc.id, subnetId: vpc.subnets[0]!.id };
}

/** What an instance needs at the least. */
export const smallest = {
  region: 'us-ord',
  type: 'g6-nanode-1',
  image: 'linode/debian13',
  root_pass: 'correct horse battery',
};

export async function createMachine(region: TestRegion, more: Body = {}): Promise<number> {
  const machine = await region.ok<{ id: number }>('POST', '/linode/instances', { ...smallest, ...more });
  return machine.id;
}

export const openFirewall = {
  inbound: [{ action: 'ACCEPT', protocol: 'TCP', ports: '22, 9200-9300', addresses: { ipv4: ['10.0.0.0/8'] } }],
  inbound_policy: 'DROP',
  outbound: [],
  outbound_policy: 'ACCEPT',
};
