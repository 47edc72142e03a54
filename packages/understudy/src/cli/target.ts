// Where a command acts: the running lab, or Linode. Never guessed: an unnamed target is the lab, and only if it runs.
import { Secret, UnderstudyError } from '../ground/index.ts';
import { labEndpoint } from '../lab/index.ts';
import { linodeBaseUrl } from '../linode/index.ts';
import { vendorRepository, type PackageRepository } from '../machines/index.ts';
import type { Search } from '../topology/index.ts';

export const targetNames = ['lab', 'linode'] as const;
export type TargetName = (typeof targetNames)[number];

export interface Target {
  readonly name: TargetName;
  readonly baseUrl: string;
  readonly token: Secret;
  /** Where search machines get the engine's package. */
  readonly repository: (search: Search) => PackageRepository;
}

/** Resolves `--target`, `UNDERSTUDY_TARGET`, or the lab. Errors: `cli-usage`, `lab-not-running`. */
export async function resolveTarget(named: string | undefined): Promise<Target> {
  const name = named ?? process.env['UNDERSTUDY_TARGET'] ?? 'lab';
  if (name === 'lab') return await labTarget();
  if (name === 'linode') return linodeTarget();
  throw new UnderstudyError('cli-usage', `--target: saw '${name}'; allowed ${targetNames.join(', ')}.`);
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
  };
}
