// Reads a request's body field by field, collects every error, and reports them together as Linode does.
import { ApiError, type Reason } from './answer.ts';
import type { Json } from './route.ts';

interface TextRule {
  readonly least?: number;
  readonly most?: number;
  readonly pattern?: RegExp;
  /** Said when the pattern does not match. */
  readonly reason?: string;
}

export class Input {
  readonly #body: Json;
  readonly #prefix: string;
  readonly #reasons: Reason[];

  constructor(body: Json, prefix = '', reasons: Reason[] = []) {
    this.#body = body;
    this.#prefix = prefix;
    this.#reasons = reasons;
  }

  /** True when the field is there and not null. */
  has(field: string): boolean {
    return this.#body[field] !== undefined && this.#body[field] !== null;
  }

  raw(field: string): unknown {
    return this.#body[field] ?? undefined;
  }

  refuse(reason: string, field?: string): void {
    this.#reasons.push(field === undefined ? { reason } : { reason, field: `${this.#prefix}${field}` });
  }

  require(...fields: string[]): void {
    for (const field of fields) if (!this.has(field)) this.refuse(`${field} is required`, field);
  }

  text(field: string, rule: TextRule = {}): string | undefined {
    const value = this.raw(field);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') return this.#no('Must be a string', field);
    const { least = 0, most = Infinity, pattern, reason = `${field} is not valid` } = rule;
    if (value.length < least || value.length > most)
      return this.#no(`Length must be ${least}-${most} characters`, field);
    if (pattern !== undefined && !pattern.test(value)) return this.#no(reason, field);
    return value;
  }

  oneOf<T extends string>(field: string, values: readonly T[]): T | undefined {
    const value = this.raw(field);
    if (value === undefined) return undefined;
    const match = values.find((candidate) => candidate === value);
    return match ?? this.#no(`Must be one of ${values.join(', ')}`, field);
  }

  integer(field: string, least: number, most: number): number | undefined {
    const value = this.raw(field);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isInteger(value)) return this.#no('Must be an integer', field);
    if (value < least || value > most) return this.#no(`Must be between ${least} and ${most}`, field);
    return value;
  }

  id(field: string): number | undefined {
    const value = this.raw(field);
    if (value === undefined) return undefined;
    return typeof value === 'number' && Number.isInteger(value) ? value : this.#no(`${field} is not valid`, field);
  }

  flag(field: string): boolean | undefined {
    const value = this.raw(field);
    if (value === undefined) return undefined;
    return typeof value === 'boolean' ? value : this.#no('Must be a boolean', field);
  }

  texts(field: string, rule: TextRule = {}): string[] | undefined {
    const value = this.raw(field);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) return this.#no('Must be an array', field);
    const items = new Input(
      Object.fromEntries(value.map((item: unknown, i) => [`${field}[${i}]`, item])),
      this.#prefix,
      this.#reasons,
    );
    return value.flatMap((_, i) => items.text(`${field}[${i}]`, rule) ?? []);
  }

  ids(field: string): number[] | undefined {
    const value = this.raw(field);
    if (value === undefined) return undefined;
    const isIds = (list: unknown): list is number[] => Array.isArray(list) && list.every((id) => Number.isInteger(id));
    return isIds(value) ? value : this.#no('Must be an array of integers', field);
  }

  /** Tags, 3 to 50 characters each, without duplicates. */
  tags(): string[] | undefined {
    const tags = this.texts('tags', { least: 3, most: 50 });
    return tags === undefined ? undefined : [...new Set(tags)];
  }

  /** A nested object; its refusals carry the path. */
  object(field: string): Input | undefined {
    const value = this.raw(field);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) return this.#no('Must be an object', field);
    return new Input(value as Json, `${this.#prefix}${field}.`, this.#reasons);
  }

  objects(field: string): Input[] | undefined {
    const value = this.raw(field);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) return this.#no('Must be an array', field);
    return value.flatMap((item: unknown, i) => {
      if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
        return new Input(item as Json, `${this.#prefix}${field}[${i}].`, this.#reasons);
      }
      this.refuse('Must be an object', `${field}[${i}]`);
      return [];
    });
  }

  /** Throws what was refused so far. */
  done(): void {
    if (this.#reasons.length > 0) throw new ApiError(400, this.#reasons);
  }

  #no(reason: string, field: string): undefined {
    this.refuse(reason, field);
    return undefined;
  }
}

/** Labels of instances and firewalls. Pattern from the OpenAPI file. */
export const entityLabel = /^[a-zA-Z0-9]((?!--|__|\.\.)[a-zA-Z0-9\-_.])+$/;
export const entityLabelReason = 'Must only use ASCII letters, numbers, underscores, periods, and dashes';

/** Labels of VPCs and subnets; the reason is as recorded, although dashes are allowed and underscores are not. */
export const vpcLabel = {
  least: 1,
  most: 64,
  pattern: /^[A-Za-z0-9-]+$/,
  reason: 'Must only use ASCII letters, numbers, and underscores',
};
