// The complete desired state: the topology with every reference resolved to a value. Planning reads nothing else.
import type { Secret } from '@understudy/foundation';
import type { IndexTemplate } from '../cluster/index.ts';
import type { PackageRepository } from '../engines/index.ts';
import type { Release } from '../machines/index.ts';
import type { SystemSecurity } from '../secure/index.ts';
import type { Topology } from '../topology/index.ts';
import type { AcmeCertificates } from './acme-certificates.ts';
import type { Certificate } from './certificate.ts';
import type { IndexFile } from './index-file.ts';
import type { ServiceKeys } from './service-keys/index.ts';

export interface Intent {
  readonly topology: Topology;
  /** The interfaces of new machines. Default: `legacy_config`, which every account allows unless it is `linode_only`. */
  readonly interfaceGeneration?: 'legacy_config' | 'linode';
  /** authorized_keys lines, the tool's own first. */
  readonly authorizedKeys: readonly string[];
  /** Root's password at the console of new machines, made when it is asked for. Undefined: they have none. */
  readonly consolePassword?: () => Promise<Secret>;
  readonly repository: PackageRepository;
  readonly release: Release;
  /** The release of the gateway; undefined when the topology has it off. */
  readonly gatewayRelease?: Release | undefined;
  /** The service's own template; name, shards and replicas come from the topology. */
  readonly indexTemplate: IndexTemplate;
  /** What the files of `search.index.template` hold, by the name of the index. */
  readonly indexFiles?: Readonly<Record<string, IndexFile>>;
  /** Certificates given as files, by listener port; self-signed ones are generated when they are needed. */
  readonly certificates: Readonly<Record<number, Certificate>>;
  /** Certificates that are ordered by ACME; undefined when no listener has one. */
  readonly acme?: AcmeCertificates | undefined;
  /** Values of `service.secrets`, read from their files. */
  readonly secrets?: Readonly<Record<string, Secret>>;
  /** Authority and accounts; undefined while `search.security` is off. */
  readonly security?: SystemSecurity | undefined;
  /** Of the service's callers; undefined when the application decides by itself who they are. */
  readonly serviceKeys?: ServiceKeys | undefined;
}
