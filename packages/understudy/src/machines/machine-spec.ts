// Which facts of a machine matter, by its role: what `observeMachine` is asked for.
import type { Engine, FailoverProfile } from '../engines/index.ts';
import type { Role } from '../topology/index.ts';
import { authorizedKeysPath } from './authorized-keys.ts';
import { sshdFile } from './user-data.ts';
import { engineLayouts, engineNamed, tlsPaths } from '../engines/index.ts';
import { engineKeyPath } from './engine-package.ts';
import { kernelFiles, kernelSettings, sysctlUnit } from './kernel-files.ts';
import type { MachineSpec } from './observe-machine.ts';
import { packageLocks } from './observe-script.ts';
import { gatewayPaths, gatewaySocket, gatewayStartedPath, gatewayUnit } from './gateway-files.ts';
import { currentRelease, gatewayPlace, previousRelease, rejectedPath } from './release.ts';
import { engineAuthorityPath } from './security-files.ts';
import { engineStartedPath, managedSearchPaths } from './search-files.ts';
import { upgradesTimer, upkeepFiles } from './upkeep-files.ts';
import {
  serviceEnvironmentPath,
  serviceKeysPath,
  servicePeersPath,
  serviceStartedPath,
  serviceUnit,
  serviceUnitPath,
} from './service-files.ts';

/** A look that asks for nothing, to which parts are added. */
export const nothingAsked: MachineSpec = {
  ...{ files: [], units: [], sysctls: [], packages: [], directories: [], records: [] },
  ...{ assignments: [], links: [], disks: [], readable: [], locks: [], health: [] },
};

export function machineSpec(engine: Engine, role: Role, profile: FailoverProfile): MachineSpec {
  const layout = engineLayouts[engine];
  const tls = tlsPaths(layout);
  const common = [sshdFile, ...kernelFiles(role, profile), ...upkeepFiles].map(({ path }) => path);
  const sysctls = Object.keys(kernelSettings(role, profile));
  if (role === 'search') {
    return {
      ...nothingAsked,
      files: [...common, ...managedSearchPaths(engineNamed(engine))],
      units: [sysctlUnit, upgradesTimer, layout.unit],
      sysctls,
      packages: [layout.packageName],
      directories: [layout.dataDirectory],
      records: [authorizedKeysPath, engineStartedPath, tls.certificate, tls.authority, tls.generation],
      disks: ['/', layout.dataDirectory, layout.logDirectory],
      readable: [`_apt:${engineKeyPath}`, `${layout.user}:${tls.key}`],
      locks: packageLocks,
    };
  }
  return {
    ...nothingAsked,
    files: [
      ...common,
      ...[serviceEnvironmentPath, serviceUnitPath, serviceKeysPath, servicePeersPath, engineAuthorityPath],
      ...gatewayPaths,
    ],
    // The gateway is looked for whatever the topology says: what was switched off is removed.
    units: [sysctlUnit, upgradesTimer, serviceUnit, gatewayUnit, gatewaySocket],
    sysctls,
    records: [
      authorizedKeysPath,
      serviceStartedPath,
      rejectedPath,
      serviceUnitPath,
      serviceKeysPath,
      gatewayStartedPath,
    ],
    assignments: [serviceEnvironmentPath],
    links: [currentRelease, previousRelease, gatewayPlace.current],
    disks: ['/'],
  };
}
