// What a status says of the operator's own files: as whom the operator logs in, and which exchanges have not ended.
import { currentSecurity, type SystemSecurity } from '../secure/index.ts';
import type { OperatorFiles } from '../status/index.ts';
import { openKeyExchange } from './own-key.ts';
import { systemIdOf } from './places.ts';
import type { ServiceKeys } from './service-keys/index.ts';
import type { Session } from './session.ts';

interface Kept {
  readonly sshKeys?: ReturnType<typeof openKeyExchange>;
  readonly security?: Pick<SystemSecurity, 'accounts' | 'exchange'> | undefined;
  readonly serviceKeys?: Pick<ServiceKeys, 'exchange'> | undefined;
}

export function operatorFilesOf({ sshKeys, security, serviceKeys }: Kept): OperatorFiles {
  const { authority, accounts } = security?.exchange ?? {};
  const open = { authority, passwords: accounts, 'ssh-keys': sshKeys, 'service-keys': serviceKeys?.exchange };
  return {
    operatorUser: security?.accounts.operator.user,
    exchanges: Object.entries(open).flatMap(([what, exchange]) => (exchange ? [{ what, phase: exchange.phase }] : [])),
  };
}

/** As the files are now. Errors: `secure-unreadable`, `service-keys-unreadable`. */
export async function operatorFiles(session: Session): Promise<OperatorFiles> {
  const { security } = session;
  return operatorFilesOf({
    sshKeys: openKeyExchange(systemIdOf(session)),
    security: security && (await currentSecurity(security.directory)),
    serviceKeys: await session.readServiceKeys(),
  });
}
