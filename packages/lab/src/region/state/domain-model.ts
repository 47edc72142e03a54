// Domains of Linode's DNS manager and their records, as plain values.

/** A zone of Linode's DNS. */
export interface Domain {
  id: number;
  domain: string;
  type: 'master' | 'slave';
  status: 'active' | 'disabled';
  soaEmail: string;
  description: string;
  tags: string[];
  masterIps: string[];
  axfrIps: string[];
  ttlS: number;
  retryS: number;
  refreshS: number;
  expireS: number;
}

export interface DomainRecord {
  id: number;
  domainId: number;
  type: 'A' | 'AAAA' | 'NS' | 'MX' | 'CNAME' | 'TXT' | 'SRV' | 'PTR' | 'CAA';
  /** Below the domain; empty for the domain itself. */
  name: string;
  target: string;
  priority: number;
  weight: number;
  port: number;
  service: string | null;
  protocol: string | null;
  tag: 'issue' | 'issuewild' | 'iodef' | null;
  ttlS: number;
  created: string;
  updated: string;
}
