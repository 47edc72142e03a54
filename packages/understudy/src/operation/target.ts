// Where a command acts: the running lab, or Linode. Never guessed: an unnamed target is the lab, and only if it runs.
import { Secret, UnderstudyError, type Logger } from '@understudy/foundation';
import { labEndpoint, labPrepareEngine, labSupplies } from '@understudy/lab';
import { linodeBaseUrl } from '../linode/index.ts';
import { vendorRepository, type PackageRepository, unsupportedVersion } from '../engines/index.ts';
import { targetNames, type Search, type TargetName } from '../topology/index.ts';

export interface Target {
  readonly name: TargetName;
  readonly baseUrl: string;
  readonly token: Secret;
  /** Where search machines get the engine's package. */
  readonly repository: (search: Search) => PackageRepository;
  /** Whether search machines here can install the engine. Errors: `lab-engine-unknown` when that cannot be told. */
  readonly supplies: (search: EngineVersion) => Promise<Supply>;
  /** Makes a buildable engine ready, before any machine is made. Errors: `lab-engine-build`. */
  readonly prepare: (search: EngineVersion, how: PrepareOptions) => Promise<void>;
}

export type EngineVersion = Pick<Search, 'engine' | 'version'>;

/** What a target says of an engine at a version: machines can install it, it must be built first, or it cannot be had. */
export type Supply =
  | { readonly state: 'ready' }
  | { readonly state: 'buildable' }
  | {
      readonly state: 'refused';
      /** Which field of `search` is wrong. */
      readonly part: 'engine' | 'version';
      readonly allowed: string;
      readonly reason: string;
      readonly wayOut: string;
    };

interface PrepareOptions {
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
}

/** Resolves `--target`, `UNDERSTUDY_TARGET`, or the lab. Errors: `cli-usage`, `lab-not-running`. */
export async function resolveTarget(named: string | undefined): Promise<Target> {
  return targetName(named) === 'lab' ? await labTarget() : linodeTarget();
}

/** `--target`, else `UNDERSTUDY_TARGET`, else the lab. Error: `cli-usage`. */
export function targetName(named: string | undefined): TargetName {
  const given = named ?? process.env['UNDERSTUDY_TARGET'] ?? 'lab';
  const name = targetNames.find((known) => known === given);
  if (name !== undefined) return name;
  const where = named === undefined ? 'UNDERSTUDY_TARGET' : '--target';
  throw new UnderstudyError('cli-usage', `${where}: saw '${given}'; allowed ${targetNames.join(', ')}.`);
}

async function labTarget(): Promise<Target> {
  const endpoint = await labEndpoint();
  return {
    name: 'lab',
    baseUrl: endpoint.apiUrl,
    token: endpoint.token,
    repository: () => ({
      uri: endpoint.packageRepository.url,
      suite: 'stable',
      components: ['main'],
      key: { kind: 'url', url: endpoint.packageRepository.keyUrl },
      securityModule: false,
    }),
    supplies: ({ engine, version }) => labSupplies(engine, version),
    prepare: ({ engine, version }, how) => labPrepareEngine(engine, version, how),
  };
}

function linodeTarget(): Target {
  const token = process.env['LINODE_TOKEN'];
  if (token === undefined || token === '') {
    throw new UnderstudyError(
      'cli-usage',
      '--target linode needs a token in LINODE_TOKEN and found none. Make one in the Cloud Manager (docs/linode.md lists ' +
        'the scopes) and: export LINODE_TOKEN=...',
    );
  }
  return {
    name: 'linode',
    baseUrl: process.env['LINODE_API_URL'] ?? linodeBaseUrl,
    token: new Secret(token),
    repository: ({ engine, version }) => vendorRepository(engine, version),
    supplies: (search) => Promise.resolve(suppliedByVendor(search)),
    prepare: () => Promise.resolve(),
  };
}

/**
 * The vendor's repository cannot be asked from here, so a version counts as there when this tool knows how to run it. One that
 * was never released is found when apt asks for it.
 */
function suppliedByVendor({ engine, version }: EngineVersion): Supply {
  const unsupported = unsupportedVersion(engine, version);
  if (unsupported === undefined) return { state: 'ready' };
  const { allowed, message, wayOut } = unsupported;
  return { state: 'refused', part: 'version', allowed, reason: message, wayOut };
}
