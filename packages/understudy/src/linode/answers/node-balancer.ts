// Linode's answers about NodeBalancers, in Linode's own field names: schemas, and the types they yield.
import { z } from 'zod';
import { id, open, tags } from './parts.ts';

export const nodeBalancer = z.object({
  id,
  label: z.string(),
  region: z.string(),
  hostname: z.string().nullish(),
  ipv4: z.string(),
  ipv6: z.string().nullish(),
  client_conn_throttle: z.number().int(),
  tags,
});
export type NodeBalancer = z.infer<typeof nodeBalancer>;

export const nodeBalancerConfig = z.object({
  id,
  nodebalancer_id: id,
  port: z.number().int(),
  protocol: open<'http' | 'https' | 'tcp' | 'udp'>(),
  algorithm: open<'roundrobin' | 'leastconn' | 'source' | 'ring_hash'>(),
  stickiness: open<'none' | 'table' | 'http_cookie' | 'session' | 'source_ip'>(),
  check: open<'none' | 'connection' | 'http' | 'http_body'>(),
  check_interval: z.number().int(),
  check_timeout: z.number().int(),
  check_attempts: z.number().int(),
  check_path: z.string().nullish(),
  check_body: z.string().nullish(),
  check_passive: z.boolean(),
  proxy_protocol: open<'none' | 'v1' | 'v2'>().optional(),
  cipher_suite: open<'recommended' | 'legacy' | 'none'>().nullish(),
  /** `<REDACTED>` when a certificate is set: the API never gives it back. */
  ssl_cert: z.string().nullish(),
  ssl_key: z.string().nullish(),
  ssl_commonname: z.string().nullish(),
  /** SHA-1 fingerprint of the certificate in use; empty without one. */
  ssl_fingerprint: z.string().nullish(),
  nodes_status: z.object({ up: z.number().int(), down: z.number().int() }).optional(),
});
export type NodeBalancerConfig = z.infer<typeof nodeBalancerConfig>;

export const nodeBalancerNode = z.object({
  id,
  label: z.string(),
  /** `ip:port`. */
  address: z.string(),
  weight: z.number().int(),
  mode: open<'accept' | 'reject' | 'drain' | 'backup'>(),
  /** What the balancer's checks say; the case of the unknown value differs between Linode's spec and its answers. */
  status: open<'UP' | 'DOWN' | 'Unknown' | 'unknown'>(),
  config_id: id,
  nodebalancer_id: id,
  vpc_config_id: id.nullish(),
});
export type NodeBalancerNode = z.infer<typeof nodeBalancerNode>;

/** The balancer's leg in a VPC subnet. */
export const nodeBalancerVpc = z.object({
  id,
  nodebalancer_id: id.optional(),
  vpc_id: id.nullish(),
  subnet_id: id,
  ipv4_range: z.string(),
});
export type NodeBalancerVpc = z.infer<typeof nodeBalancerVpc>;
