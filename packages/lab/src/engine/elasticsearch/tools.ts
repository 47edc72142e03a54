// The command line tools of Elasticsearch's package. The keystore's tool and the automatic configuration are ours; the others run the
// vendor's classes, which are in the published modules.
import { cliScript, keystoreScript } from '../tools.ts';

/** Of our other tools' classes. */
export const toolPackage = 'understudy.tools';

export const toolJar = 'lib/tools/security-cli/understudy-security-cli.jar';

/** Of the engine, its variables and its properties. */
export const names = { name: 'elasticsearch', environmentPrefix: 'ES', propertyPrefix: 'es' } as const;

const vendors = (className: string): string => `#!/bin/sh
ES_CLI_CLASS=${className}
export ES_CLI_CLASS
exec "$(dirname "$(readlink -f "$0")")/elasticsearch-cli" ${toolPackage}.VendorTool "$@"
`;

const security = 'org.elasticsearch.xpack.security';

/** The vendor's tool that makes the first password of the user elastic; only the package's scripts call it. */
export const generatePassword = `${security}.enrollment.tool.AutoConfigGenerateElasticPasswordHash`;

export const tools: Readonly<Record<string, string>> = {
  'elasticsearch-cli': cliScript(
    names,
    ['lib/tools/security-cli', 'modules/x-pack-core', 'modules/x-pack-security'],
    ['"-Dcli.class=${ES_CLI_CLASS:-}"'],
  ),
  'elasticsearch-keystore': keystoreScript('elasticsearch'),
  'elasticsearch-users': vendors(`${security}.authc.file.tool.UsersTool`),
  'elasticsearch-reset-password': vendors(`${security}.authc.esnative.tool.ResetPasswordTool`),
  'elasticsearch-create-enrollment-token': vendors(`${security}.enrollment.tool.CreateEnrollmentTokenTool`),
};
