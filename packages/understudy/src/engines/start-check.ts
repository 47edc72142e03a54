// What an engine would refuse at its start, found before it is started or stopped: the shape that each engine's own check has.
import { UnderstudyError } from '@understudy/foundation';
import { flattened } from './settings-file.ts';

export interface StartRefusal {
  /** The setting, keystore entry or file that the engine refuses. */
  readonly setting: string;
  readonly seen: string;
  readonly allowed: string;
}

export interface StartCheck {
  /** A shell script, run as root on the machine, that prints what the engine reads at its start, without any secret's value. */
  readonly script: string;
  /** What the engine would refuse of it; empty when it starts. Error: `engines-start-unread`, when the text is incomplete. */
  readonly refusals: (printed: string) => readonly StartRefusal[];
}

/** What a machine has printed says nothing of its engine's start. `remedy`: a sentence without its full stop. */
export function startUnread(reason: string, remedy: string): UnderstudyError {
  return new UnderstudyError(
    'engines-start-unread',
    `What the engine reads at its start could not be read: ${reason}. ${remedy}.`,
  );
}

/** Those of these settings that are said and are no boolean. */
export function notBooleans(
  settings: ReadonlyMap<string, readonly string[]>,
  names: readonly string[],
): readonly StartRefusal[] {
  return names.flatMap((setting) => {
    const seen = settings.get(setting)?.[0];
    return seen === undefined || seen === 'true' || seen === 'false'
      ? []
      : [{ setting, seen, allowed: 'true or false' }];
  });
}

export interface StartAnswer<State> {
  /** Of the engine's settings file, with dots between the words of a name. */
  readonly settings: ReadonlyMap<string, readonly string[]>;
  readonly keystore: State;
  /** What the script printed after this word. */
  readonly values: (word: string) => string[];
}

/**
 * What the script of a start check printed: lines of a word and a value, between tabs, among them `settings` (the file, in base64),
 * `keystore`, and `end` as the last. Error: `engines-start-unread` when it was cut off.
 */
export function readStartAnswer<State extends string>(
  printed: string,
  { file, keystoreStates }: { readonly file: string; readonly keystoreStates: readonly State[] },
): StartAnswer<State> {
  const lines = printed.split('\n').map((line) => line.split('\t'));
  const values = (word: string): string[] => lines.filter(([first]) => first === word).map(([, value = '']) => value);
  const [encoded] = values('settings');
  const keystore = keystoreStates.find((state) => state === values('keystore')[0]);
  if (encoded === undefined || keystore === undefined || !lines.some(([first]) => first === 'end')) {
    throw startUnread('the answer of the machine is incomplete', 'Try again');
  }
  return { settings: flattened(Buffer.from(encoded, 'base64').toString(), file), keystore, values };
}
