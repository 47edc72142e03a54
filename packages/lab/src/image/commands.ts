// The commands that build an image, as values.
import { scriptInImage } from './script-in-image.ts';
import type { ImageRecipe } from './recipe.ts';

/** `root` must not exist or be empty. Packages are checked against the host's Debian archive keyring. */
export function debootstrapCommand(recipe: ImageRecipe, archive: string, root: string): string[] {
  const include = recipe.bootstrapPackages.join(',');
  return ['debootstrap', '--variant=minbase', `--include=${include}`, recipe.codename, root, archive];
}

/** Where the files that only the build needs appear inside it. */
export const buildFolder = '/run/understudy-build';

export interface ContainerBinds {
  /** Host folder with `apt.conf` and `sources.list`, seen at `buildFolder`. */
  readonly buildFiles: string;
  /** The host's certificates and mirror passwords, those of them that exist: [host path, path inside]. */
  readonly readOnly: readonly (readonly [string, string])[];
}

/** Runs `script` in the image: its own mounts, the host's network. Nothing of it is registered or left behind. */
export function containerCommand(root: string, name: string, binds: ContainerBinds, script: string): string[] {
  const options = [
    '--resolv-conf=bind-host',
    `--bind-ro=${binds.buildFiles}:${buildFolder}`,
    ...binds.readOnly.map(([host, inside]) => `--bind-ro=${host}:${inside}`),
    '--setenv=DEBIAN_FRONTEND=noninteractive',
    `--setenv=APT_CONFIG=${buildFolder}/apt.conf`,
    ...['http_proxy', 'https_proxy', 'no_proxy'].map((variable) => `--setenv=${variable}`),
  ];
  return scriptInImage({ root, name, options, script });
}

/** apt.conf of the build: the host's settings, and sources that lie outside the image. */
export function buildAptConfiguration(hostSettings: readonly string[]): string {
  return [
    ...hostSettings,
    'APT::Install-Recommends "false";',
    'Acquire::Languages "none";',
    `Dir::Etc::SourceList "${buildFolder}/sources.list";`,
    'Dir::Etc::SourceParts "/dev/null";',
    '',
  ].join('\n');
}

/** Runs inside the image. Masked before the packages come, so that none of them starts or schedules anything. */
export function installScript(recipe: ImageRecipe): string {
  return [
    ...recipe.maskedUnits.map((unit) => `ln -sf /dev/null /etc/systemd/system/${unit}`),
    'apt-get -q update',
    'apt-get -qy upgrade',
    `apt-get -qy install ${recipe.packages.join(' ')}`,
    `systemctl enable ${recipe.enabledUnits.join(' ')}`,
    `rm -rf ${recipe.removed.join(' ')}`,
  ].join('\n');
}
