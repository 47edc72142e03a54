// A reason why a well-formed topology is refused, before it is given its place in the file.

export interface Refusal {
  readonly path: readonly (string | number)[];
  /** Shown as the value seen; default: the field's value. */
  readonly saw?: string;
  readonly allowed: string;
  readonly message: string;
  readonly remedy: string;
}

/** The characters that Linode takes in a check's path: the pattern of `check_path` in its OpenAPI file. */
export function pathRefusals(path: readonly string[], value: string | undefined): Refusal[] {
  if (value === undefined || /^\/[a-zA-Z0-9/\-%?&=.]*$/.test(value)) return [];
  return [
    {
      path,
      allowed: 'letters, digits and / - % ? & = .',
      message: "the balancer's check takes no other character",
      remedy: 'choose a plainer path, such as /healthz',
    },
  ];
}
