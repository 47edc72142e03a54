// A step: one change to the world, with the sentence that says why. Steps are data; carrying them out is elsewhere.
import type { Role } from '../../topology/index.ts';
import type { StepId } from './step-id.ts';

type Action =
  | 'create'
  | 'update'
  | 'attach'
  | 'boot'
  | 'reboot'
  | 'wait'
  | 'install'
  | 'write'
  | 'form'
  | 'start'
  | 'restart'
  | 'upgrade'
  | 'deploy'
  | 'delete';

/** What is to be done, by reference: bodies and files are worked out from the intent when the step runs. */
export type Task =
  | { readonly kind: 'vpc-create' }
  | { readonly kind: 'subnet-create' }
  | { readonly kind: 'firewall-create'; readonly role: Role }
  | { readonly kind: 'firewall-update'; readonly role: Role }
  | { readonly kind: 'firewall-attach'; readonly role: Role; readonly machine: string }
  | { readonly kind: 'placement-create'; readonly label: string }
  | { readonly kind: 'placement-assign'; readonly label: string; readonly machine: string }
  | { readonly kind: 'instance-create'; readonly machine: string }
  | { readonly kind: 'instance-gone'; readonly machine: string; readonly instanceId: number }
  | { readonly kind: 'instance-tag'; readonly machine: string }
  | { readonly kind: 'instance-boot'; readonly machine: string }
  | { readonly kind: 'instance-reboot'; readonly machine: string }
  | { readonly kind: 'machine-ready'; readonly machine: string }
  | { readonly kind: 'package-install'; readonly machine: string }
  | { readonly kind: 'data-set-aside'; readonly machine: string }
  | { readonly kind: 'files-write'; readonly machine: string; readonly form: 'formed' | 'bootstrap' }
  | { readonly kind: 'kernel-apply'; readonly machine: string }
  | { readonly kind: 'engine-start'; readonly machine: string }
  | { readonly kind: 'engine-restart'; readonly machine: string }
  | { readonly kind: 'engine-upgrade'; readonly machine: string }
  | { readonly kind: 'cluster-members'; readonly machines: readonly string[] }
  | { readonly kind: 'cluster-seal'; readonly machine: string }
  | { readonly kind: 'index-template' }
  | { readonly kind: 'index-create' }
  | { readonly kind: 'index-settings' }
  | { readonly kind: 'allocation-open' }
  | { readonly kind: 'voting-clear' }
  | { readonly kind: 'settings-clear'; readonly settings: readonly string[] }
  | { readonly kind: 'allocation-retry' }
  | { readonly kind: 'release-deploy'; readonly machine: string }
  | { readonly kind: 'service-start'; readonly machine: string }
  | { readonly kind: 'service-restart'; readonly machine: string }
  | { readonly kind: 'balancer-create' }
  | { readonly kind: 'balancer-tag' }
  | { readonly kind: 'listener-create'; readonly port: number }
  | { readonly kind: 'listener-update'; readonly port: number; readonly certificate: boolean }
  | { readonly kind: 'backend-create'; readonly port: number; readonly machine: string }
  | { readonly kind: 'backend-update'; readonly port: number; readonly machine: string }
  /** A search machine leaves for good: its copies must be elsewhere first. */
  | { readonly kind: 'search-remove'; readonly object: ObjectToDelete }
  /** A service machine leaves for good: the others must serve first. */
  | { readonly kind: 'service-remove'; readonly object: ObjectToDelete }
  | { readonly kind: 'backend-remove'; readonly object: ObjectToDelete }
  | { readonly kind: 'object-delete'; readonly object: ObjectToDelete };

/** An object of Linode's to be deleted, by id; the label is for the reader. */
export interface ObjectToDelete {
  readonly type: 'instance' | 'balancer' | 'listener' | 'backend' | 'firewall' | 'placement-group' | 'subnet' | 'vpc';
  readonly id: number;
  readonly label: string;
  /** Ids above it in the path: balancer of a listener; balancer and listener of a backend; VPC of a subnet. */
  readonly parents: readonly number[];
}

export interface Step {
  /** Unique in its plan and the same in every plan: `demo-search-1/create`. */
  readonly id: StepId;
  /** The label of what it is about. */
  readonly subject: string;
  readonly action: Action;
  /** A sentence: what is seen, and what it should be. */
  readonly reason: string;
  /** True when something is lost by it. */
  readonly destructive: boolean;
  /** Ids of steps of the same plan that must be done first. */
  readonly after: readonly StepId[];
  readonly task: Task;
}

/** Something that the tool will not do by itself, and what a person can do about it. */
export interface Obstacle {
  readonly subject: string;
  readonly reason: string;
  /** True when it stands only because something could not be seen: the next look may take it away. */
  readonly unseen: boolean;
}

export interface Plan {
  /** In an order in which they could run one by one. */
  readonly steps: readonly Step[];
  readonly obstacles: readonly Obstacle[];
}
