// What a second operator needs for a system, as one file that only the named recipients can read: age, armored. It reaches no machine
// and writes no file.
import { armor, Decrypter, Encrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { Secret, UnderstudyError } from '@understudy/foundation';
import { z } from 'zod';

const format = 'understudy-access-1';

/** What another operator needs of certificates ordered by ACME; the names become a part of a path. */
export const acmeFileName = /^(?:account-[0-9a-f]{12}\.key|certificate-\d{1,5}\.json)$/;

const label = /^[a-z][a-z0-9-]*$/;

const contents = z.strictObject({
  format: z.literal(format),
  // Both become a part of a path.
  target: z.string().regex(label),
  system: z.string().regex(label),
  /** RFC 3339, UTC. */
  exportedAt: z.iso.datetime(),
  /** The key with which the tool logs in to the machines. */
  sshKey: z.strictObject({
    private: z.string().min(1),
    public: z.string().min(1),
    /** The public keys that it has taken the place of. */
    former: z.array(z.string()).optional(),
  }),
  /** Those of machines that were pinned; `key` is `TYPE KEY`. */
  hostKeys: z.array(z.strictObject({ address: z.string().regex(/^\S+$/), key: z.string().regex(/^\S+ \S+$/) })),
  /** Of root at the machines' console; null when no machine was made from this computer. */
  consolePassword: z.string().min(1).nullable(),
  /** Name of each file of authority and accounts -> its text; null while the system's security is off. */
  security: z
    .strictObject({
      'authority.crt': z.string(),
      'authority.key': z.string(),
      'accounts.json': z.string(),
      'rotation.json': z.string().optional(),
    })
    .nullable(),
  /** Name of each file of the service's keys -> its text; null without such keys, and in files of earlier versions. */
  serviceKeys: z
    .strictObject({
      'keys.json': z.string(),
      'tool-key': z.string(),
      'peer-secret': z.string(),
      'rotation.json': z.string().optional(),
    })
    .nullable()
    .default(null),
  /** Certificates ordered by ACME and keys of accounts: name of each file -> its text; null without them. */
  acme: z.record(z.string().regex(acmeFileName), z.string()).nullable().default(null),
});

/** Holds secrets: it is only kept in memory, or encrypted. */
export type SystemAccess = Omit<z.infer<typeof contents>, 'format'>;

export interface AccessIdentity {
  /** `AGE-SECRET-KEY-1…`. */
  readonly identity: Secret;
  /** `age1…`, which may be told to everybody. */
  readonly recipient: string;
}

export async function newIdentity(): Promise<AccessIdentity> {
  const identity = await generateIdentity();
  return { identity: new Secret(identity), recipient: await identityToRecipient(identity) };
}

/** The identities in the text of a key file, as `age-keygen` writes them. Error: `secure-access-identity`. */
export async function identitiesIn(text: Secret, path: string): Promise<AccessIdentity[]> {
  const lines = text
    .reveal()
    .split('\n')
    .map((line) => line.trim());
  const found = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const read = found.map(async (line) => ({ identity: new Secret(line), recipient: await identityToRecipient(line) }));
  try {
    if (found.length > 0) return await Promise.all(read);
  } catch {
    // The library's error may quote the key.
  }
  throw new UnderstudyError(
    'secure-access-identity',
    `${path} holds no key for access files; allowed are lines AGE-SECRET-KEY-1…, as understudy access key and age-keygen write them.`,
    { facts: { path } },
  );
}

/** Armored text. Error: `secure-access-recipient` names the one that is none. */
export async function sealAccess(access: SystemAccess, recipients: readonly string[]): Promise<string> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (cause) {
      throw new UnderstudyError(
        'secure-access-recipient',
        `--to ${recipient} is not a public key for access files. Allowed is age1…, which the other operator prints with: understudy access key`,
        { facts: { recipient }, cause },
      );
    }
  }
  return armor.encode(await encrypter.encrypt(JSON.stringify({ format, ...access })));
}

/** Errors: `secure-access-file` when it is damaged or of another format, `secure-access-recipient` when it is for somebody else. */
export async function openAccess(text: string, identities: readonly AccessIdentity[]): Promise<SystemAccess> {
  const refused = (why: string, cause?: unknown): UnderstudyError =>
    new UnderstudyError(
      'secure-access-file',
      `The access file ${why}. Let it be exported again: understudy access export`,
      {
        cause,
      },
    );
  const decrypter = new Decrypter();
  for (const { identity } of identities) decrypter.addIdentity(identity.reveal());
  let sealed: Uint8Array;
  try {
    sealed = armor.decode(text);
  } catch (cause) {
    throw refused('is not one that understudy access export wrote, or a part of it is missing', cause);
  }
  let plain: string;
  try {
    plain = await decrypter.decrypt(sealed, 'text');
  } catch (cause) {
    throw new UnderstudyError(
      'secure-access-recipient',
      `The access file cannot be opened with ${identities.map(({ recipient }) => recipient).join(' or ')}: it is for another key, or damaged. ` +
        'Tell the other operator this key, and let it be exported again: understudy access export --to KEY',
      { cause },
    );
  }
  const parsed = contents.safeParse(parse(plain));
  if (!parsed.success) throw refused('has another format than this version of understudy reads');
  const { target, system, exportedAt, sshKey, hostKeys, consolePassword, security, serviceKeys, acme } = parsed.data;
  return { target, system, exportedAt, sshKey, hostKeys, consolePassword, security, serviceKeys, acme };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the text.
    return undefined;
  }
}
