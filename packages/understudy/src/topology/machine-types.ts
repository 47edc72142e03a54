// The machine types whose sizes are known here, so that heap and workers can be chosen without asking Linode.
// Sizes: https://techdocs.akamai.com/linode-api/reference/get-linode-types, read 2026-11.

export interface MachineSize {
  readonly memoryMb: number;
  readonly vcpus: number;
}

type Row = readonly [type: string, memoryMb: number, vcpus: number];

const sharedRows: readonly Row[] = [
  ['g6-nanode-1', 1024, 1],
  ['g6-standard-1', 2048, 1],
  ['g6-standard-2', 4096, 2],
  ['g6-standard-4', 8192, 4],
  ['g6-standard-6', 16_384, 6],
  ['g6-standard-8', 32_768, 8],
  ['g6-standard-16', 65_536, 16],
  ['g6-standard-20', 98_304, 20],
  ['g6-standard-24', 131_072, 24],
  ['g6-standard-32', 196_608, 32],
];

const highMemoryRows: readonly Row[] = [
  ['g7-highmem-1', 24_576, 2],
  ['g7-highmem-2', 49_152, 2],
  ['g7-highmem-4', 98_304, 4],
  ['g7-highmem-8', 153_600, 8],
  ['g7-highmem-16', 307_200, 16],
];

const dedicatedSizes: readonly (readonly [vcpus: number, memoryMb: number])[] = [
  [2, 4096],
  [4, 8192],
  [8, 16_384],
  [16, 32_768],
  [32, 65_536],
  [48, 98_304],
  [50, 131_072],
  [56, 262_144],
  [64, 524_288],
];

const dedicatedRows = ['g6-dedicated', 'g7-premium'].flatMap((family) =>
  dedicatedSizes.map(([vcpus, memoryMb]): Row => [`${family}-${vcpus}`, memoryMb, vcpus]),
);

const sizes: ReadonlyMap<string, MachineSize> = new Map(
  [...sharedRows, ...highMemoryRows, ...dedicatedRows].map(([type, memoryMb, vcpus]) => [type, { memoryMb, vcpus }]),
);

/** Undefined for a type that this version does not know. */
export function machineSize(type: string): MachineSize | undefined {
  return sizes.get(type);
}

export const minHeapMb = 256;
/** Above 31 GiB the JVM gives up compressed pointers, and a bigger heap holds less. */
export const maxHeapMb = 31 * 1024;

/** Half of the memory: the other half is the file cache that the engine needs. */
export function heapFor({ memoryMb }: MachineSize): number {
  return Math.min(maxHeapMb, Math.floor(memoryMb / 2));
}
