// The disk watermarks of the engine, as settings spell them: a share that may be used, or bytes that must stay free.
// https://www.elastic.co/docs/reference/elasticsearch/configuration-reference/cluster-level-shard-allocation-routing-settings#disk-based-shard-allocation
import { settingIn, type ClusterSettings } from './cluster-settings.ts';

/** One of the two first fields is there. */
export interface Watermark {
  /** As it is set: `85%`, `0.85`, `50gb`. */
  readonly text: string;
  readonly usedPercent?: number;
  readonly freeBytes?: number;
  /** However large the disk, no more than this has to stay free. */
  readonly maxHeadroomBytes?: number;
}

export interface Watermarks {
  /** Whether the engine minds them at all. */
  readonly enabled: boolean;
  /** Above it, no copy is placed on a node. */
  readonly low: Watermark;
  /** Above it, copies are moved away. */
  readonly high: Watermark;
  /** Above it, every index with a copy there refuses writes. */
  readonly flood: Watermark;
}

const prefix = 'cluster.routing.allocation.disk';
const units: Readonly<Record<string, number>> = {
  b: 1,
  k: 2 ** 10,
  kb: 2 ** 10,
  m: 2 ** 20,
  mb: 2 ** 20,
  g: 2 ** 30,
  gb: 2 ** 30,
  t: 2 ** 40,
  tb: 2 ** 40,
  p: 2 ** 50,
  pb: 2 ** 50,
};

/** `50gb` in bytes; undefined when it is none, -1 for none at all among others. */
function bytesIn(text: string): number | undefined {
  const read = /^(\d+(?:\.\d+)?)([kmgtp]?b|[kmgtp])$/.exec(text.trim().toLowerCase());
  return read ? Number(read[1]) * (units[read[2] ?? ''] ?? 1) : undefined;
}

function watermark(settings: ClusterSettings, name: string, fallback: string): Watermark {
  const text = settingIn(settings, `${prefix}.watermark.${name}`) ?? fallback;
  const share = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  const maxHeadroomBytes = bytesIn(settingIn(settings, `${prefix}.watermark.${name}.max_headroom`) ?? '');
  const headroom = maxHeadroomBytes === undefined ? {} : { maxHeadroomBytes };
  if (share) return { text, usedPercent: Number(share[1]) * (share[2] === '%' ? 1 : 100), ...headroom };
  return { text, freeBytes: bytesIn(text) ?? 0 };
}

/** `settings` with their defaults: the engine's own headroom is among them. */
export function watermarksIn(settings: ClusterSettings): Watermarks {
  return {
    enabled: settingIn(settings, `${prefix}.threshold_enabled`) !== 'false',
    low: watermark(settings, 'low', '85%'),
    high: watermark(settings, 'high', '90%'),
    flood: watermark(settings, 'flood_stage', '95%'),
  };
}

/** What has to stay free of a disk of this size. */
export function mustStayFree({ usedPercent, freeBytes = 0, maxHeadroomBytes }: Watermark, totalBytes: number): number {
  if (usedPercent === undefined) return freeBytes;
  return Math.min(totalBytes * (1 - usedPercent / 100), maxHeadroomBytes ?? Infinity);
}
