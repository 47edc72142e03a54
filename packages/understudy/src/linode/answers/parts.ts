// Parts of Linode's answers. Unknown new fields are dropped and unknown enum values pass; a needed field that is missing or mistyped
// is refused. Shapes: Linode's OpenAPI 4.189.0, and linodego where the live API is newer than that file.
import { z } from 'zod';

type OpenEnum<Known extends string> = Known | (string & NonNullable<unknown>);

/** The values known today complete in an editor; one that Linode adds tomorrow is still a string, not an error. */
export const open = <Known extends string>(): z.ZodType<OpenEnum<Known>> => z.string();

export const id = z.number().int();
export const tags = z.array(z.string());
