// Parts of a path and values of a query, percent-encoded. Text that is not valid Unicode is refused before anything is sent.
import { ClientError } from '../model/errors.ts';

/** One part of a path or a value of a query; `what` names the operation in the error. A lone surrogate cannot be sent. */
export function toPathPart(what: string, text: string): string {
  try {
    return encodeURIComponent(text);
  } catch (cause) {
    throw new ClientError('invalid-request', `${what} was not sent: ${JSON.stringify(text)} is not valid Unicode.`, {
      cause,
    });
  }
}
