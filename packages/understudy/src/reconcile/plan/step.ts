// A step: one change to the system, with a sentence that gives the reason. Steps are data; execute/ runs them.
import type { FirewallRulesBody } from '../../linode/index.ts';
import type { Guarded, Role } from '../../topology/index.ts';
import type { StepId } from './step-id.ts';

type Action =
  | 'order'
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

/** What is to be done, by reference: request bodies and files are computed from the intent when the step runs, but for firewalls, whose rules depend on what was seen. */
export type Task =
  | { readonly kind: 'vpc-create' }
  | { readonly kind: 'subnet-create' }
  | { readonly kind: 'firewall-create'; readonly guarded: Guarded; readonly rules: FirewallRulesBody }
  | { readonly kind: 'firewall-update'; readonly guarded: Guarded; readonly rules: FirewallRulesBody }
  /** Refuses what is not used any more when the other steps are done. */
  | { readonly kind: 'firewall-narrow'; readonly guarded: Guarded; readonly rules: FirewallRulesBody }
  | { readonly kind: 'firewall-attach'; readonly role: Role; readonly machine: string }
  | { readonly kind: 'placement-create'; readonly label: string }
  | { readonly kind: 'placement-assign'; readonly label: string; readonly machine: string }
  | { readonly kind: 'instance-create'; readonly machine: string }
  | { readonly kind: 'instance-gone'; readonly machine: string; readonly instanceId: number }
  | { readonly kind: 'instance-tag'; readonly machine: string }
  | { readonly kind: 'instance-boot'; readonly machine: string }
  | { readonly kind: 'instance-reboot'; readonly machine: string }
  | { readonly kind: 'machine-ready'; readonly machine: string }
  /** The public keys with which root may log in. */
  | { readonly kind: 'ssh-keys-write'; readonly machine: string }
  | { readonly kind: 'package-install'; readonly machine: string }
  | { readonly kind: 'data-set-aside'; readonly machine: string }
  | { readonly kind: 'files-write'; readonly machine: string; readonly form: 'formed' | 'bootstrap' }
  /** A new key on the machine, and a certificate for it. */
  | { readonly kind: 'certificate-issue'; readonly machine: string }
  | { readonly kind: 'kernel-apply'; readonly machine: string }
  | { readonly kind: 'engine-start'; readonly machine: string }
  | { readonly kind: 'engine-restart'; readonly machine: string }
  | { readonly kind: 'engine-upgrade'; readonly machine: string }
  | { readonly kind: 'cluster-members'; readonly machines: readonly string[] }
  | { readonly kind: 'cluster-seal'; readonly machine: string }
  /** Of an engine that keeps them in an index. */
  | { readonly kind: 'accounts-write' }
  | { readonly kind: 'index-template'; readonly index: string }
  | { readonly kind: 'index-mapping'; readonly index: string }
  | { readonly kind: 'index-create'; readonly index: string }
  /** What is below `index` in the settings. */
  | { readonly kind: 'index-settings'; readonly index: string; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly kind: 'index-aliases'; readonly index: string; readonly aliases: readonly string[] }
  | { readonly kind: 'allocation-open' }
  | { readonly kind: 'voting-clear' }
  | { readonly kind: 'settings-clear'; readonly settings: readonly string[] }
  | { readonly kind: 'allocation-retry' }
  /** The callers' keys; the running service reads them. */
  | { readonly kind: 'service-keys-write'; readonly machine: string }
  /** Nothing is switched by it. */
  | { readonly kind: 'release-unpack'; readonly machine: string }
  | { readonly kind: 'service-start'; readonly machine: string }
  /** Release, environment, unit or all of them; or a restart alone. */
  | { readonly kind: 'service-change'; readonly machine: string }
  /** Nothing is switched by it. */
  | { readonly kind: 'gateway-unpack'; readonly machine: string }
  | { readonly kind: 'gateway-start'; readonly machine: string }
  /** Release, environment, unit or all of them, while the application goes on. */
  | { readonly kind: 'gateway-change'; readonly machine: string }
  | { readonly kind: 'gateway-remove'; readonly machine: string }
  | { readonly kind: 'balancer-create' }
  /** Tag and limit of connections. */
  | { readonly kind: 'balancer-update' }
  | { readonly kind: 'balancer-firewall' }
  /** Orders a certificate of a public authority and keeps it on this computer. */
  | { readonly kind: 'certificate-order'; readonly port: number }
  | { readonly kind: 'listener-create'; readonly port: number }
  | { readonly kind: 'listener-update'; readonly port: number; readonly certificate: boolean }
  | { readonly kind: 'backend-create'; readonly port: number; readonly machine: string }
  | { readonly kind: 'backend-update'; readonly port: number; readonly machine: string }
  /** Removes a search machine permanently: its copies must be on other machines first. */
  | { readonly kind: 'search-remove'; readonly object: ObjectToDelete }
  /** Removes a service machine permanently: another one must serve first. */
  | { readonly kind: 'service-remove'; readonly object: ObjectToDelete }
  | { readonly kind: 'backend-remove'; readonly object: ObjectToDelete }
  | { readonly kind: 'object-delete'; readonly object: ObjectToDelete };

/** A Linode object to delete, by id; the label is for the reader. */
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
  /** The label of the object that it changes. */
  readonly subject: string;
  readonly action: Action;
  /** A sentence: the observed value and the intended one. */
  readonly reason: string;
  /** True when it deletes something that cannot be restored, or locks out the operator. */
  readonly destructive: boolean;
  /** Ids of steps of the same plan that must be done first. */
  readonly after: readonly StepId[];
  readonly task: Task;
}

/** A reason why a step is not in the plan, and what a person can do about it. */
export interface Obstacle {
  readonly subject: string;
  readonly reason: string;
  /** True when the only cause is a failed read: the next observation may remove the obstacle. */
  readonly unseen: boolean;
}

export interface Plan {
  /** In an order in which they could run one by one. */
  readonly steps: readonly Step[];
  readonly obstacles: readonly Obstacle[];
}
