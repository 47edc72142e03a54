// Reads why Linode refuses. Its API answers with sentences and has no codes, so this file alone turns its words into data.
// https://techdocs.akamai.com/linode-api/reference/errors: `errors` is a list of `reason` and, where it is about one, `field`.

/** What a refusal is about, where the tool acts on it. */
export type ReasonCode =
  /** Another job holds the instance. */
  | 'busy'
  /** The token is valid and lacks the scope of the call. */
  | 'scope'
  /** The private network that the request names: its subnet, its range, or that the account may not use one here. */
  | 'vpc';

/** One entry of Linode's `errors` list: the reason, and the request's field when it is about one. */
export interface LinodeReason {
  readonly reason: string;
  readonly field?: string;
  readonly code?: ReasonCode;
}

/** The reasons in the body of a refusal; none when it is not of the documented form. */
export function reasonsIn(body: unknown): LinodeReason[] {
  if (typeof body !== 'object' || body === null || !('errors' in body) || !Array.isArray(body.errors)) return [];
  return (body.errors as unknown[]).flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null || !('reason' in entry)) return [];
    const field = 'field' in entry && typeof entry.field === 'string' ? { field: entry.field } : {};
    const said = { reason: String(entry.reason), ...field };
    const code = codeOf(said);
    return [code === undefined ? said : { ...said, code }];
  });
}

function codeOf({ reason, field }: LinodeReason): ReasonCode | undefined {
  // The page above, status 400: "Linode busy."
  if (/^linode busy\.?$/i.test(reason.trim())) return 'busy';
  // Linode answers 401, not 403, when a valid token lacks the scope: "Your OAuth token is not authorized to use this endpoint."
  if (/not authorized to use this endpoint/i.test(reason)) return 'scope';
  return isAboutVpc(reason, field) ? 'vpc' : undefined;
}

const vpcFields = new Set(['vpc', 'vpcs', 'vpc_id', 'subnet_id']);

/**
 * The field decides where there is one: `vpcs[0].subnet_id`. What Linode says where an account or a region may not have a balancer in
 * a VPC is not documented; without a field a reason that names VPC counts.
 */
function isAboutVpc(reason: string, field: string | undefined): boolean {
  if (field === undefined) return /\bVPCs?\b/.test(reason);
  return field.split(/[.[\]]+/).some((part) => vpcFields.has(part));
}
