// An engine's settings file as it reads it: nested and dotted names are the same setting. Refuses what is not a YAML map.
import { parse } from 'yaml';
import { UnderstudyError } from '@understudy/foundation';

/** Full name -> values as text; a list has several. Error: `engines-settings-unreadable`. */
export function flattened(text: string, fileName: string): ReadonlyMap<string, readonly string[]> {
  const settings = new Map<string, readonly string[]>();
  const add = (name: string, value: unknown): void => {
    if (Array.isArray(value)) settings.set(name, value.map(String));
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) add(name === '' ? key : `${name}.${key}`, inner);
    } else if (value !== null && value !== undefined && name !== '') settings.set(name, [scalar(value)]);
  };
  const read = yaml(text, fileName);
  if (read !== null && (typeof read !== 'object' || Array.isArray(read)))
    throw unreadable(fileName, 'it is not a map of settings');
  add('', read);
  return settings;
}

const scalar = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function yaml(text: string, fileName: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw unreadable(fileName, error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
}

function unreadable(fileName: string, reason: string): UnderstudyError {
  return new UnderstudyError(
    'engines-settings-unreadable',
    `${fileName} cannot be read as the engine reads it: ${reason}. Correct the file, or run apply, which writes it anew.`,
  );
}
