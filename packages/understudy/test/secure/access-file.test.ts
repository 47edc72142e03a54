// Access files: the named recipients can read them and nobody else, and whatever is wrong with one is said without its contents.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { armor, Encrypter } from 'age-encryption';
import { Secret, UnderstudyError } from '@understudy/foundation';
import { identitiesIn, newIdentity, openAccess, sealAccess, type SystemAccess } from '../../src/secure/index.ts';

const access: SystemAccess = {
  target: 'lab',
  system: 'demo',
  exportedAt: '2026-01-02T03:04:05.678Z',
  sshKey: { private: 'private words', public: 'ssh-ed25519 AAAA understudy' },
  hostKeys: [{ address: '198.18.1.1', key: 'ssh-ed25519 AAAA' }],
  consolePassword: 'console words',
  security: { 'authority.crt': 'certificate', 'authority.key': 'key', 'accounts.json': '{}' },
  serviceKeys: { 'keys.json': '{}', 'tool-key': 'tool words', 'peer-secret': 'peer words' },
  acme: { 'certificate-443.json': '{}' },
};
const code = (wanted: string) => (error: unknown) => error instanceof UnderstudyError && error.code === wanted;
const [ann, ben] = await Promise.all([newIdentity(), newIdentity()]);

test('each recipient reads what was exported', async () => {
  const sealed = await sealAccess(access, [ann.recipient, ben.recipient]);
  assert.match(sealed, /^-----BEGIN AGE ENCRYPTED FILE-----/);
  assert.doesNotMatch(sealed, /private words|console words|demo/);
  assert.deepEqual(await openAccess(sealed, [ann]), access);
  assert.deepEqual(await openAccess(sealed, [ben]), access);
});

test('nobody else reads it, and the error names the key that does not fit', async () => {
  const sealed = await sealAccess(access, [ann.recipient]);
  await assert.rejects(openAccess(sealed, [ben]), code('secure-access-recipient'));
  await assert.rejects(openAccess(sealed, [ben]), new RegExp(ben.recipient));
});

test('a changed, cut or foreign file is refused', async () => {
  const sealed = await sealAccess(access, [ann.recipient]);
  const lines = sealed.split('\n');
  const at = lines.length - 4;
  const changed = lines
    .with(
      at,
      lines[at]!.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A')),
    )
    .join('\n');
  await assert.rejects(openAccess(changed, [ann]), code('secure-access-recipient'));
  await assert.rejects(openAccess(sealed.slice(0, 200), [ann]), code('secure-access-file'));
  await assert.rejects(openAccess('hello', [ann]), code('secure-access-file'));
  const other = new Encrypter();
  other.addRecipient(ann.recipient);
  const foreign = armor.encode(await other.encrypt('{"format":"another","secret":"private words"}'));
  await assert.rejects(openAccess(foreign, [ann]), (error: Error) => {
    assert.doesNotMatch(error.message, /private words/);
    return code('secure-access-file')(error);
  });
});

test('a path cannot be smuggled in as the name of a system', async () => {
  const sealed = await sealAccess({ ...access, system: '../../ssh' }, [ann.recipient]);
  await assert.rejects(openAccess(sealed, [ann]), code('secure-access-file'));
});

test('a recipient that is none is named, and a private key is not quoted', async () => {
  await assert.rejects(sealAccess(access, ['ssh-rsa']), /--to ssh-rsa is not a public key/);
  const text = `# public key: ${ann.recipient}\n${ann.identity.reveal()}\n`;
  assert.deepEqual(
    (await identitiesIn(new Secret(text), '/key')).map(({ recipient }) => recipient),
    [ann.recipient],
  );
  const broken = ann.identity.reveal().slice(0, -1);
  await assert.rejects(identitiesIn(new Secret(broken), '/key'), (error: Error) => {
    assert.doesNotMatch(error.message, new RegExp(broken));
    return code('secure-access-identity')(error);
  });
  await assert.rejects(identitiesIn(new Secret('# nothing\n'), '/key'), code('secure-access-identity'));
});
