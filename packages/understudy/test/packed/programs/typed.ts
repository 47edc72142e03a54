// What users of the lab and the service write, by every door; compiled against the installed types, strictly, and never run.
// The client has a test of its own.
import { Secret, type Logger } from '@understudy/foundation';
import { labEndpoint, type LabEndpoint } from '@understudy/lab';
import { engineNames } from '@understudy/lab/engine';
import * as host from '@understudy/lab/host';
import { createRegionApi, SimulatedHardware, type RegionApi } from '@understudy/lab/region';
import { buildRelease, type Release } from '@understudy/service/release';

export const region: RegionApi = createRegionApi({ hardware: new SimulatedHardware(), token: new Secret('a-token') });
export const base: Promise<string> = region.listen(0);
// @ts-expect-error -- types that are not found would be `any`, and accept a port that is a text
export const wrong = region.listen('0');
export const endpoint = (places: Parameters<typeof labEndpoint>[0]): Promise<LabEndpoint> => labEndpoint(places);
export const release: Promise<Release> = buildRelease({ outDirectory: '/tmp/releases' });
export const names: readonly string[] = engineNames;
export const logger: Logger = ({ text }) => names.includes(text);
export const others = [host];
