// Which steps take something away from those who are served, what must have been seen before, and how many may run at once.
// docs/operations.md prints this table; a test holds the two together, and that every kind of step is in it.
import { oncePer, shown, type Seen } from '@understudy/foundation';
import { offCode, type Observation } from '../../observe/index.ts';
import type { Obstacle, Step, Task } from './step.ts';

/** What a plan must rest on for a step to be in it. Steps look again at what they need when they run. */
export type Requirement =
  /** Nothing else stands in the way: an obstacle means that the view is not whole, or that a person has to decide first. */
  | 'no-obstacle'
  /** Every machine of the topology that runs was looked into. */
  | 'every-machine'
  /** Another machine answered over SSH in the same look, so the way from here is not what is broken. */
  | 'another-machine'
  /** The cluster says who belongs to it and how it is, or that nobody is elected; or this plan starts it. */
  | 'cluster'
  /** Every part of the cluster that is read: its health, its members, where each copy is, and what limits their placement. */
  | 'copies';

export interface Disruption {
  /** What it takes away, for the reader of the table. */
  readonly takes: string;
  readonly mustHaveSeen: readonly Requirement[];
  /** What the step makes sure of when it runs, for the reader. */
  readonly whenItRuns: string;
  /** Steps of one group run one after the other; undefined where any number may run at once. */
  readonly group: 'search' | 'service' | undefined;
}

/** A machine that does not serve is rebooted alone: it may be the one that the others need. */
const reboot: Disruption = {
  takes: 'a machine that answers neither over SSH nor to the cluster or the balancer, for the time of a boot',
  mustHaveSeen: ['another-machine', 'cluster'],
  whenItRuns: 'the machine was asked for 60 s more and did not answer',
  group: 'search',
};

/** Kinds that take nothing away have no entry. */
export const disruptions: { readonly [Kind in Task['kind']]?: Disruption } = {
  'instance-reboot': reboot,
  'data-set-aside': {
    takes: 'an engine that belongs to no cluster of this system, and its state, which stays in a directory beside',
    mustHaveSeen: ['every-machine'],
    whenItRuns:
      'the state is the one that was seen, of one node alone, without shards of any index, beside settings that are not ours',
    group: 'search',
  },
  'engine-restart': {
    takes: 'one engine, for the time of a restart',
    mustHaveSeen: ['every-machine', 'cluster'],
    whenItRuns: 'every search machine is a member and the cluster is green; before the next, again',
    group: 'search',
  },
  'engine-upgrade': {
    takes: 'one engine, for the time of an installation and a restart',
    mustHaveSeen: ['every-machine', 'cluster'],
    whenItRuns:
      'every search machine is a member, and the cluster is green or waits for nothing but replicas that only a newer node takes; before the next, again',
    group: 'search',
  },
  'search-remove': {
    takes: 'a search machine and its copies of shards, for good',
    mustHaveSeen: ['no-obstacle', 'every-machine', 'cluster', 'copies'],
    whenItRuns: 'the cluster is whole and green, the copies fit on the others and have moved there, it has no vote',
    group: 'search',
  },
  'service-restart': {
    takes: 'one service machine, for the time of a restart',
    mustHaveSeen: ['every-machine'],
    whenItRuns: 'the balancer sees another service machine UP on every listener, or this one on none',
    group: 'service',
  },
  'service-remove': {
    takes: 'a service machine, for good',
    mustHaveSeen: ['no-obstacle', 'every-machine'],
    whenItRuns: 'the balancer knows it no more, and sees another UP on every listener',
    group: 'service',
  },
  'backend-remove': {
    takes: 'a backend of the balancer',
    mustHaveSeen: ['no-obstacle'],
    whenItRuns:
      'the balancer sees another service machine UP on the listener; what is in flight has had its time to end',
    group: 'service',
  },
  'object-delete': {
    takes: 'an object of Linode’s, for good',
    mustHaveSeen: ['no-obstacle', 'every-machine'],
    whenItRuns: 'it is the object with the id that was shown',
    group: undefined,
  },
  'firewall-update': {
    takes: 'connections that the new rules refuse, on every machine of the role',
    mustHaveSeen: [],
    whenItRuns: 'nothing more',
    group: undefined,
  },
  'listener-update': {
    takes: 'nothing for long: Linode takes up the settings within a minute',
    mustHaveSeen: [],
    whenItRuns: 'nothing more',
    group: undefined,
  },
  'index-settings': {
    takes: 'nothing: the cluster makes or drops replicas',
    mustHaveSeen: [],
    whenItRuns: 'nothing more',
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
      return first && `something stands in the way (${first.subject})`;
    }
    case 'every-machine': {
      const { unseen } = looked(observation.machines);
      return unseen.length === 0 ? undefined : `${unseen.join(', ')} could not be looked into`;
    }
    case 'another-machine': {
      const { answered } = looked(observation.machines);
      return answered.size > (answered.has(step.subject) ? 1 : 0)
        ? undefined
        : 'no other machine answers either, so it may be the way from here that is broken';
    }
    case 'cluster':
      // Engines that this plan starts could not be asked; a cluster that answers has to answer this, too.
      return startsCluster && observation.cluster.state !== 'seen' ? undefined : clusterLacks(observation);
    case 'copies':
      return copiesLack(observation);
  }
}

/** Which machines were looked into, and which should have been. */
const looked = oncePer((machines: Observation['machines']) => {
  const all = Object.entries(machines);
  return {
    answered: new Set(all.flatMap(([label, { state }]) => (state === 'seen' ? [label] : []))),
    unseen: all.flatMap(([label, machine]) => (machine.state === 'unknown' && machine.code !== offCode ? [label] : [])),
  };
});

function clusterLacks({ cluster }: Observation): string | undefined {
  if (cluster.state === 'absent') return undefined;
  if (cluster.state === 'unknown') return `the search cluster could not be asked: ${cluster.reason}`;
  const { health, membership } = cluster.value;
  if (health.state === 'unknown' && health.code === 'cluster-no-master') return undefined;
  if (health.state === 'unknown') return `the health of the cluster could not be read: ${health.reason}`;
  if (membership.state === 'unknown') return `who belongs to the cluster could not be read: ${membership.reason}`;
  return shown(health) && shown(membership) ? undefined : 'the cluster gave an empty answer';
}

function copiesLack({ cluster }: Observation): string | undefined {
  if (cluster.state !== 'seen') return 'the search cluster could not be asked where its copies are';
  const unread = Object.entries(cluster.value).find(([, part]: [string, Seen<unknown>]) => part.state === 'unknown');
  return unread && `a part of the cluster could not be read (${unread[0]})`;
}
