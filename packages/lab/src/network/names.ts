// Names the lab gives to namespaces, links and hardware addresses, so that a sweep knows its own by name alone.
import { UnderstudyError } from '@understudy/foundation';

/** The namespace that holds every cable, route and rule: deleting it removes the region's whole network at once. */
export const regionNamespace = 'understudy';
/** The host's end of the one link into the region. */
export const hostLink = 'us-host';
/** The region's end of it. */
export const uplink = 'uplink';
/** Discards packets to addresses that no machine has: no ICMP error is sent. */
export const discardLink = 'void';

export type Owner = 'machine' | 'balancer';

/** A cable is a veth pair: the interface `eth<index>` of a machine or balancer, and its address. */
export interface Cable {
  readonly owner: Owner;
  readonly ownerId: number;
  readonly index: number;
  readonly address: string;
  /** Set for a cable into a VPC; absent on the public side. */
  readonly vpcId?: number;
}

const letter = (owner: Owner): string => owner.charAt(0);

export const ownerName = (owner: Owner, id: number): string => `${letter(owner)}${id}`;

/** Namespace of one machine or balancer. */
export const ownerNamespace = (owner: Owner, id: number): string => `${regionNamespace}-${ownerName(owner, id)}`;

export const isLabNamespace = (name: string): boolean =>
  name === regionNamespace || new RegExp(`^${regionNamespace}-[mb]\\d+$`).test(name);

/** The region's end of a cable, for example `m12e0`. Linux allows a name 15 characters. */
export const cableName = ({ owner, ownerId, index }: Pick<Cable, 'owner' | 'ownerId' | 'index'>): string => {
  const name = `${ownerName(owner, ownerId)}e${index}`;
  if (name.length <= 15) return name;
  throw new UnderstudyError(
    'lab-link-name',
    `Link name ${name} has ${name.length} characters, at most 15 fit; ids must be below 1e11.`,
  );
};

/** Locally administered hardware address: `f2:3c` and `f2:3d` are the two ends of a machine's cable, 3e and 3f of a balancer's. */
export const hardwareAddress = (cable: Cable, end: 'owner' | 'region'): string => {
  const second = (cable.owner === 'machine' ? 0x3c : 0x3e) + (end === 'owner' ? 0 : 1);
  const id = cable.ownerId % 0x1000000;
  return [0xf2, second, id >> 16, (id >> 8) & 0xff, id & 0xff, cable.index]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':');
};

/** Routing table of a VPC: above the tables a host may name. */
export const vpcTable = (vpcId: number): number => 100_000 + vpcId;
