// What Linode offers, as far as the lab knows it: regions with capabilities, types with prices, images. From live recordings of
// /regions, /linode/types, /nodebalancers/types and /images (to 2026).

const everywhere = [
  'Linodes',
  'Disk Encryption',
  'Backups',
  'NodeBalancers',
  'Block Storage',
  'Kubernetes',
  'Cloud Firewall',
  'Vlans',
  'Managed Databases',
  'Metadata',
  'Placement Group',
  'StackScripts',
  'Linode Interfaces',
];
const newer = [
  ...everywhere,
  'Block Storage Encryption',
  'LA Disk Encryption',
  'Object Storage',
  'VPCs',
  'VPC Dual Stack',
  'Premium Plans',
  'Maintenance Policy',
];
const distributed = ['Linodes', 'Disk Encryption', 'Cloud Firewall', 'Vlans', 'VPCs', 'Metadata', 'Distributed Plans'];

const regionRows: readonly (readonly [id: string, label: string, country: string, capabilities: string[]])[] = [
  ['ap-west', 'Mumbai, IN', 'in', everywhere],
  ['ca-central', 'Toronto, CA', 'ca', everywhere],
  ['ap-southeast', 'Sydney, AU', 'au', everywhere],
  ['us-iad', 'Washington, DC', 'us', newer],
  ['us-ord', 'Chicago, IL', 'us', newer],
  ['fr-par', 'Paris, FR', 'fr', newer],
  ['us-sea', 'Seattle, WA', 'us', newer],
  ['br-gru', 'Sao Paulo, BR', 'br', newer],
  ['nl-ams', 'Amsterdam, NL', 'nl', newer],
  ['se-sto', 'Stockholm, SE', 'se', newer],
  ['es-mad', 'Madrid, ES', 'es', newer],
  ['in-maa', 'Chennai, IN', 'in', newer],
  ['jp-osa', 'Osaka, JP', 'jp', newer],
  ['it-mil', 'Milan, IT', 'it', newer],
  ['us-mia', 'Miami, FL', 'us', newer],
  ['id-cgk', 'Jakarta, ID', 'id', newer],
  ['us-lax', 'Los Angeles, CA', 'us', newer],
  ['au-mel', 'Melbourne, AU', 'au', newer],
  ['in-bom-2', 'Mumbai 2, IN', 'in', newer],
  ['de-fra-2', 'Frankfurt 2, DE', 'de', newer],
  ['sg-sin-2', 'Singapore 2, SG', 'sg', newer],
  ['jp-tyo-3', 'Tokyo 3, JP', 'jp', newer],
  ['gb-lon', 'London 2, UK', 'gb', newer],
  ['us-den-1', 'Denver, CO', 'us', distributed],
  ['de-ham-1', 'Hamburg, DE', 'de', distributed],
  ['us-central', 'Dallas, TX', 'us', everywhere],
  ['us-west', 'Fremont, CA', 'us', everywhere],
  ['us-southeast', 'Atlanta, GA', 'us', everywhere],
  ['us-east', 'Newark, NJ', 'us', everywhere],
  ['eu-west', 'London, UK', 'gb', everywhere],
  ['ap-south', 'Singapore, SG', 'sg', everywhere],
  ['eu-central', 'Frankfurt, DE', 'de', everywhere],
  ['ap-northeast', 'Tokyo 2, JP', 'jp', everywhere],
];

export interface RegionEntry {
  readonly id: string;
  readonly label: string;
  readonly country: string;
  readonly capabilities: readonly string[];
  readonly [other: string]: unknown;
}

export const regions: readonly RegionEntry[] = regionRows.map(([id, label, country, capabilities]) => {
  const core = capabilities !== distributed;
  return {
    id,
    label,
    country,
    capabilities,
    monitors: { alerts: [], metrics: [] },
    status: 'ok',
    resolvers: { ipv4: '172.232.0.17,172.232.0.16,172.232.0.21', ipv6: '2600:3c06::17,2600:3c06::16,2600:3c06::21' },
    placement_group_limits: {
      maximum_pgs_per_customer: core ? null : 0,
      maximum_linodes_per_pg: core ? 5 : 0,
      maximum_linodes_per_flexible_pg: core ? 5 : 0,
    },
    site_type: core ? 'core' : 'distributed',
  };
});

export function regionOf(id: string): RegionEntry | undefined {
  return regions.find((region) => region.id === id);
}

export function offers(regionId: string, capability: string): boolean {
  return regionOf(regionId)?.capabilities.includes(capability) === true;
}

type TypeRow = readonly [
  id: string,
  label: string,
  memory: number,
  disk: number,
  vcpus: number,
  transfer: number,
  networkOut: number,
  monthly: number,
  backups: number,
];

const typeRows: readonly TypeRow[] = [
  ['g6-nanode-1', 'Nanode 1GB', 1024, 25600, 1, 1000, 1000, 5, 2],
  ['g6-standard-1', 'Linode 2GB', 2048, 51200, 1, 2000, 2000, 12, 2.5],
  ['g6-standard-2', 'Linode 4GB', 4096, 81920, 2, 4000, 4000, 24, 5],
  ['g6-standard-4', 'Linode 8GB', 8192, 163840, 4, 5000, 5000, 48, 10],
  ['g6-standard-6', 'Linode 16GB', 16384, 327680, 6, 8000, 6000, 96, 20],
  ['g6-standard-8', 'Linode 32GB', 32768, 655360, 8, 16000, 7000, 192, 40],
  ['g6-standard-16', 'Linode 64GB', 65536, 1310720, 16, 20000, 9000, 384, 80],
  ['g6-standard-20', 'Linode 96GB', 98304, 1966080, 20, 20000, 10000, 576, 120],
  ['g6-dedicated-2', 'Dedicated 4GB', 4096, 81920, 2, 4000, 4000, 36, 5],
  ['g6-dedicated-4', 'Dedicated 8GB', 8192, 163840, 4, 5000, 5000, 72, 10],
  ['g6-dedicated-8', 'Dedicated 16GB', 16384, 327680, 8, 6000, 6000, 144, 20],
  ['g6-dedicated-16', 'Dedicated 32GB', 32768, 655360, 16, 7000, 7000, 288, 40],
  ['g6-dedicated-32', 'Dedicated 64GB', 65536, 1310720, 32, 8000, 8000, 576, 80],
  ['g7-highmem-1', 'Linode 24GB', 24576, 20480, 2, 5000, 5000, 60, 5],
  ['g7-highmem-2', 'Linode 48GB', 49152, 40960, 2, 6000, 6000, 120, 10],
  ['g7-highmem-4', 'Linode 90GB', 92160, 92160, 4, 7000, 7000, 240, 20],
  ['g7-premium-2', 'Premium 4GB', 4096, 81920, 2, 4000, 4000, 43, 5],
  ['g7-premium-4', 'Premium 8GB', 8192, 163840, 4, 5000, 5000, 86, 10],
  ['g7-premium-8', 'Premium 16GB', 16384, 327680, 8, 6000, 6000, 173, 20],
];

/** Two regions cost more. */
const surcharges = [
  { id: 'id-cgk', factor: 1.2 },
  { id: 'br-gru', factor: 1.4 },
];

const hourlyOf = (monthly: number): number => Math.round((monthly / 666.67) * 1000) / 1000;

function priced(monthly: number): { price: object; region_prices: object[] } {
  return {
    price: { hourly: monthly === 5 ? 0.0075 : hourlyOf(monthly), monthly },
    region_prices: surcharges.map(({ id, factor }) => {
      const moreExpensive = Math.round(monthly * factor * 100) / 100;
      return { id, hourly: hourlyOf(moreExpensive), monthly: moreExpensive };
    }),
  };
}

const classOf = (id: string): string => id.split('-')[1] ?? 'standard';

export interface TypeEntry {
  readonly id: string;
  readonly memory: number;
  readonly disk: number;
  readonly vcpus: number;
  readonly transfer: number;
  readonly [other: string]: unknown;
}

export const types: readonly TypeEntry[] = typeRows.map(
  ([id, label, memory, disk, vcpus, transfer, networkOut, monthly, backups]) => ({
    id,
    label,
    ...priced(monthly),
    addons: { backups: priced(backups) },
    memory,
    disk,
    transfer,
    vcpus,
    gpus: 0,
    accelerated_devices: 0,
    network_out: networkOut,
    class: classOf(id),
    successor: null,
  }),
);

export function typeOf(id: string): TypeEntry | undefined {
  return types.find((type) => type.id === id);
}

export const balancerTypes: readonly Readonly<Record<string, unknown>>[] = [
  { id: 'nodebalancer', label: 'NodeBalancer', ...priced(10), transfer: 0 },
];

export interface ImageEntry {
  readonly id: string;
  readonly label: string;
  /** Megabytes that its disk needs. */
  readonly size: number;
  readonly capabilities: readonly string[];
  readonly [other: string]: unknown;
}

function image(
  id: string,
  label: string,
  vendor: string,
  size: number,
  eol: string,
  cloudInit = true,
  deprecated = false,
): ImageEntry {
  return {
    id: `linode/${id}`,
    label,
    deprecated,
    size,
    created: '2025-08-09T13:00:00',
    updated: '2025-08-09T13:00:00',
    description: '',
    created_by: 'linode',
    type: 'manual',
    tags: [],
    is_public: true,
    is_shared: false,
    vendor,
    expiry: null,
    eol,
    regions: [],
    total_size: size,
    status: 'available',
    capabilities: cloudInit ? ['cloud-init', 'distributed-sites'] : [],
    image_sharing: null,
  };
}

export const images: readonly ImageEntry[] = [
  image('debian11', 'Debian 11', 'Debian', 1500, '2026-08-31T04:00:00'),
  image('debian12', 'Debian 12', 'Debian', 1800, '2028-06-30T04:00:00'),
  image('debian13', 'Debian 13', 'Debian', 1800, '2030-06-30T04:00:00'),
  image('ubuntu22.04', 'Ubuntu 22.04 LTS', 'Ubuntu', 3500, '2027-06-01T04:00:00'),
  image('ubuntu24.04', 'Ubuntu 24.04 LTS', 'Ubuntu', 3500, '2029-04-25T04:00:00'),
  image('slackware15.0', 'Slackware 15.0', 'Slackware', 10000, '2027-02-02T05:00:00', false),
  image('ubuntu20.04', 'Ubuntu 20.04 LTS', 'Ubuntu', 3500, '2025-05-31T04:00:00', true, true),
];

export function imageOf(id: string): ImageEntry | undefined {
  return images.find((entry) => entry.id === id);
}
