// What one run measured, service by service.
import type { ContenderName } from './contenders.ts';

export interface Row {
  readonly operation: 'index' | 'search';
  readonly connections: number;
  readonly service: ContenderName;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly serviceCpuUs: number;
  readonly engineCpuUs: number;
  readonly failed: number;
}

/** Latency at a fixed rate, timed from when each request was due. */
export interface RateRow {
  readonly operation: Row['operation'];
  /** Share of Flask's throughput with 16 connections and without a limit of the rate. */
  readonly share: number;
  readonly perSecond: number;
  readonly service: ContenderName;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}
