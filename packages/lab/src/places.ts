// Where the lab keeps what it knows and where its daemon listens: one lab on a host, so every place is fixed.
import path from 'node:path';

export interface LabPlaces {
  /** Machines' disks and the API's state; survives a restart of the host's daemon. */
  readonly stateDirectory: string;
  /** The endpoint, the daemon's configuration, pid and log; gone after a reboot of the host. */
  readonly runDirectory: string;
  /** Loopback. */
  readonly apiPort: number;
  /** On the lab's own address. */
  readonly metadataPort: number;
  readonly packagePort: number;
  /** Over UDP, on loopback. */
  readonly namePort: number;
}

/** `UNDERSTUDY_LAB_STATE` and `UNDERSTUDY_LAB_RUN` move the folders, which tests use. */
export function labPlaces(environment: Readonly<Record<string, string | undefined>> = process.env): LabPlaces {
  return {
    stateDirectory: environment['UNDERSTUDY_LAB_STATE'] ?? '/var/lib/understudy-lab',
    runDirectory: environment['UNDERSTUDY_LAB_RUN'] ?? '/run/understudy-lab',
    apiPort: 18_400,
    metadataPort: 18_401,
    packagePort: 18_402,
    namePort: 18_403,
  };
}

export const endpointFile = (places: LabPlaces): string => path.join(places.runDirectory, 'endpoint.json');
export const daemonConfigFile = (places: LabPlaces): string => path.join(places.runDirectory, 'daemon.json');
export const daemonLogFile = (places: LabPlaces): string => path.join(places.runDirectory, 'daemon.log');
/** A link to the folder that is served; pointed at another one when packages are added. */
export const repositoryLink = (places: LabPlaces): string => path.join(places.runDirectory, 'repository');
