// Which steps disrupt the system, what must have been observed before each of them, and how many may run at once.
// docs/operations.md prints this table; a test compares the two and checks that every kind of step is listed.
import { oncePer, shown, type Seen } from '@understudy/foundation';
import { offCode, type Observation } from '../../observe/index.ts';
import type { Obstacle, Step, Task } from './step.ts';

/** What must have been observed for a step to be in a plan. A step checks its needs again when it runs. */
export type Requirement =
  /** The plan has no other obstacle: an obstacle means that a read failed, or that a person has to decide first. */
  | 'no-obstacle'
  /** Every running machine of the topology was read over SSH. */
  | 'every-machine'
  /** Another machine answered over SSH in the same observation, so the operator's network works. */
  | 'another-machine'
  /** The cluster reports its members and its health, or that no master is elected; or this plan starts it. */
  | 'cluster'
  /** Every part of the cluster was read: health, members, the place of each copy, and the limits of placement. */
  | 'copies';

export interface Disruption {
  /** What becomes unavailable, for the reader of the table. */
  readonly takes: string;
  readonly mustHaveSeen: readonly Requirement[];
  /** What the step checks when it runs, for the reader of the table. */
  readonly whenItRuns: string;
  /** Steps of one group run one after the other; undefined where any number may run at once. */
  readonly group: 'search' | 'service' | undefined;
}

/** Reboots run one at a time: the cluster may need the machine for its quorum. */
const reboot: Disruption = {
  takes: 'a machine that answers neither over SSH nor to the cluster or the balancer, for the time of a boot',
  mustHaveSeen: ['another-machine', 'cluster'],
  whenItRuns: 'SSH was tried for another 60 s and did not answer',
  group: 'search',
};

/** Kinds that disrupt nothing have no entry. */
export const disruptions: { readonly [Kind in Task['kind']]?: Disruption } = {
  'instance-reboot': reboot,
  'data-set-aside': {
    takes: 'an engine outside of the cluster of this system, and its state, which is moved to another directory',
    mustHaveSeen: ['every-machine'],
    whenItRuns:
      'the state is the observed one, of a one-node cluster without any index, and the settings were not written by this tool',
    group: 'search',
  },
  'engine-restart': {
    takes: 'one engine, for the time of a restart',
    mustHaveSeen: ['every-machine', 'cluster'],
    whenItRuns: 'every search machine is a member and the cluster is green; checked again before the next one',
    group: 'search',
  },
  'engine-upgrade': {
    takes: 'one engine, for the time of an installation and a restart',
    mustHaveSeen: ['every-machine', 'cluster'],
    whenItRuns:
      'every search machine is a member, and the cluster is green or lacks only replicas that need a newer node; checked again before the next one',
    group: 'search',
  },
  'search-remove': {
    takes: 'a search machine and its copies of shards, permanently',
    mustHaveSeen: ['no-obstacle', 'every-machine', 'cluster', 'copies'],
    whenItRuns:
      'the cluster is complete and green, the copies fit on the others and have moved there, the machine has no vote',
    group: 'search',
  },
  'gateway-change': {
    takes: 'nothing: connections of the application wait in the socket until the new gateway takes them',
    mustHaveSeen: ['every-machine'],
    whenItRuns:
      'what the old one has taken is answered first; the new one must answer for itself and for the engine before the next machine is changed, or the old one is put back',
    group: 'service',
  },
  'gateway-remove': {
    takes: 'the gateway of one service machine, permanently',
    mustHaveSeen: ['every-machine'],
    whenItRuns: 'the application there was changed to the nodes themselves, by an earlier step',
    group: undefined,
  },
  'service-change': {
    takes:
      'one service machine, for the time of a drain and a restart; `service.rollout.maxUnavailable` of them after the first',
    mustHaveSeen: ['every-machine'],
    whenItRuns:
      'another service machine is UP on every listener, or this one is UP on none; the balancer sends no new requests and those in flight had time to end',
    group: 'service',
  },
  'service-remove': {
    takes: 'a service machine, permanently',
    mustHaveSeen: ['no-obstacle', 'every-machine'],
    whenItRuns: 'another one is UP on every listener, and it gets no requests any more',
    group: 'service',
  },
  'backend-remove': {
    takes: 'a backend of the balancer',
    mustHaveSeen: ['no-obstacle'],
    whenItRuns: 'another service machine is UP on the listener; requests in flight had time to end',
    group: 'service',
  },
  'object-delete': {
    takes: 'a Linode object, permanently',
    mustHaveSeen: ['no-obstacle', 'every-machine'],
    whenItRuns: 'it is the object with the id that was shown',
    group: undefined,
  },
  'firewall-update': {
    takes:
      'connections that the new rules refuse, on every machine of the role or on the balancer; what is in use is let in',
    mustHaveSeen: [],
    whenItRuns: 'no further check',
    group: undefined,
  },
  'firewall-narrow': {
    takes: 'connections from machines that this plan removes and to ports that it gives up',
    mustHaveSeen: ['no-obstacle', 'every-machine'],
    whenItRuns: 'every other step of the plan is done',
    group: undefined,
  },
  'listener-update': {
    takes: 'nothing for long: Linode applies the settings within a minute',
    mustHaveSeen: [],
    whenItRuns: 'afterwards every backend that was UP must be UP again before the next step of the group',
    group: 'service',
  },
  'index-settings': {
    takes: 'nothing: the cluster adds or removes replicas',
    mustHaveSeen: [],
    whenItRuns: 'no further check',
    group: undefined,
  },
};

export function disruptionOf(step: Pick<Step, 'task'>): Disruption | undefined {
  return disruptions[step.task.kind];
}

/** What a requirement lacks, as the second half of a sentence; undefined when it is met. */
export function lacking(
  requirement: Requirement,
  step: Step,
  view: {
    readonly observation: Observation;
    readonly obstacles: readonly Obstacle[];
    /** Whether this plan starts engines and waits for them. */
    readonly startsCluster: boolean;
  },
): string | undefined {
  const { observation, obstacles, startsCluster } = view;
  switch (requirement) {
    case 'no-obstacle': {
      const [first] = obstacles;
      return first && `the plan has an obstacle (${first.subject})`;
    }
    case 'every-machine': {
      const { unseen } = machineReads(observation.machines);
      return unseen.length === 0 ? undefined : `${unseen.join(', ')} could not be read`;
    }
    case 'another-machine': {
      const { answered } = machineReads(observation.machines);
      return answered.size > (answered.has(step.subject) ? 1 : 0)
        ? undefined
        : 'no other machine answers either, so the cause may be the network of the operator';
    }
    case 'cluster':
      // Engines that this plan starts cannot answer yet. A cluster that answers must answer this request too.
      return startsCluster && observation.cluster.state !== 'seen' ? undefined : clusterLacks(observation);
    case 'copies':
      return copiesLack(observation);
  }
}

/** Which machines were read, and which could not be read. */
const machineReads = oncePer((machines: Observation['machines']) => {
  const all = Object.entries(machines);
  return {
    answered: new Set(all.flatMap(([label, { state }]) => (state === 'seen' ? [label] : []))),
    unseen: all.flatMap(([label, machine]) => (machine.state === 'unknown' && machine.code !== offCode ? [label] : [])),
  };
});

function clusterLacks({ cluster }: Observation): string | undefined {
  if (cluster.state === 'absent') return undefined;
  if (cluster.state === 'unknown') return `the search cluster could not be read: ${cluster.reason}`;
  const { health, membership } = cluster.value;
  if (health.state === 'unknown' && health.code === 'cluster-no-master') return undefined;
  if (health.state === 'unknown') return `the health of the cluster could not be read: ${health.reason}`;
  if (membership.state === 'unknown') return `the members of the cluster could not be read: ${membership.reason}`;
  return shown(health) && shown(membership) ? undefined : 'the response of the cluster was empty';
}

function copiesLack({ cluster }: Observation): string | undefined {
  if (cluster.state !== 'seen') return 'the copies of the search cluster could not be read';
  const unread = Object.entries(cluster.value).find(([, part]: [string, Seen<unknown>]) => part.state === 'unknown');
  return unread && `a part of the cluster could not be read (${unread[0]})`;
}
