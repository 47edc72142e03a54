// Domains of Linode's DNS manager and their records.
import { z } from 'zod';

export const domain = z.object({
  id: z.int(),
  domain: z.string(),
  type: z.enum(['master', 'slave']),
  status: z.string(),
});
export type Domain = z.output<typeof domain>;

export const domainRecord = z.object({
  id: z.int(),
  type: z.string(),
  /** Below the domain; empty for the domain itself. */
  name: z.string(),
  target: z.string(),
});
export type DomainRecord = z.output<typeof domainRecord>;
