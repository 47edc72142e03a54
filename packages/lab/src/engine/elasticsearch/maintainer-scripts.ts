// What the package does when it is installed, upgraded, removed and purged: the steps of the vendor's own scripts, in their order. Pure text.
// They never start the service, and stop it on an upgrade only where /etc/default/elasticsearch asks for a restart.
import type { MaintainerScripts } from '../engine.ts';
import { generatePassword } from './tools.ts';

const head = `#!/bin/sh
set -e
[ ! -f /etc/default/elasticsearch ] || . /etc/default/elasticsearch
export ES_PATH_CONF=\${ES_PATH_CONF:-/etc/elasticsearch}
bin=/usr/share/elasticsearch/bin
`;

const preinst = `#!/bin/sh
set -e
case "$1" in
  install | upgrade)
    getent group elasticsearch >/dev/null || addgroup --quiet --system elasticsearch
    getent passwd elasticsearch >/dev/null || adduser --quiet --system --no-create-home --home /nonexistent \\
      --ingroup elasticsearch --disabled-password --shell /bin/false elasticsearch
    ;;
esac
`;

/** The vendor's archive carries owners and modes; ours is built as root:root, so they are set here, on what dpkg has brought. */
const owners = `own() { if [ -e "$1" ] && [ "$(stat -c %U:%G "$1")" = root:root ]; then chown root:elasticsearch "$1"; chmod "$2" "$1"; fi; }
own /etc/elasticsearch 2750
own /etc/elasticsearch/jvm.options.d 2750
for file in elasticsearch.yml jvm.options log4j2.properties role_mapping.yml roles.yml users users_roles; do
  own /etc/elasticsearch/$file 660
done
own /etc/default/elasticsearch 660
chown elasticsearch:elasticsearch /var/lib/elasticsearch /var/log/elasticsearch
chmod 2750 /var/lib/elasticsearch /var/log/elasticsearch
`;

const autoConfigure = `title='--------------------------- Security autoconfiguration information ------------------------------'
code=0
password=$(ES_CLI_CLASS=${generatePassword} $bin/elasticsearch-cli understudy.tools.AutoConfigureSecurity </dev/null) || code=$?
echo "$title"
case $code in
  0)
    chown root:elasticsearch "$ES_PATH_CONF/certs" "$ES_PATH_CONF"/certs/* "$ES_PATH_CONF/elasticsearch.keystore"
    echo 'Authentication and authorization are enabled.'
    echo 'TLS for the transport and HTTP layers is enabled and configured.'
    [ -z "$password" ] || echo "The generated password for the elastic built-in superuser is : $password"
    ;;
  80) echo 'Skipping auto-configuration because security features appear to be already configured.' ;;
  *)
    echo 'Failed to auto-configure security features.'
    echo 'However, authentication and authorization are still enabled.'
    ;;
esac
echo '### NOT starting on installation; to start it: systemctl daemon-reload; systemctl enable --now elasticsearch.service'
`;

const postinst = `${head}case "$1" in
  configure | abort-upgrade | abort-remove | abort-deconfigure) ;;
  *) echo "post install script called with unknown argument \\\`$1'" >&2; exit 1 ;;
esac
${owners}# To pick up /usr/lib/sysctl.d/elasticsearch.conf; a container may not write the host's kernel settings.
if command -v systemctl >/dev/null; then systemctl restart systemd-sysctl.service || true; fi
if [ "$1" != configure ] || [ -z "$2" ]; then
${autoConfigure}elif [ "\${RESTART_ON_UPGRADE:-}" = true ] && command -v systemctl >/dev/null; then
  systemctl daemon-reload
  systemctl restart elasticsearch.service || true
fi
if [ ! -f "$ES_PATH_CONF/elasticsearch.keystore" ]; then
  $bin/elasticsearch-keystore create
  chown root:elasticsearch "$ES_PATH_CONF/elasticsearch.keystore"
  chmod 660 "$ES_PATH_CONF/elasticsearch.keystore"
elif [ -n "$2" ]; then
  $bin/elasticsearch-keystore upgrade || echo '### Warning: unable to upgrade encrypted keystore' >&2
fi
`;

const prerm = `${head}stop() { if command -v systemctl >/dev/null; then systemctl --no-reload stop elasticsearch.service; fi; }
case "$1" in
  remove)
    stop
    if command -v systemctl >/dev/null; then systemctl disable elasticsearch.service >/dev/null 2>&1 || true; fi
    ;;
  upgrade) if [ "\${RESTART_ON_UPGRADE:-}" = true ]; then stop; fi ;;
esac
`;

/** Data outlives even a purge, as with the vendor's; logs do not outlive a removal. */
const postrm = `#!/bin/sh
[ ! -f /etc/default/elasticsearch ] || . /etc/default/elasticsearch
config=\${ES_PATH_CONF:-/etc/elasticsearch}
empty() { [ ! -d "$1" ] || rmdir --ignore-fail-on-non-empty "$1"; }
case "$1" in
  remove | purge)
    rm -rf /var/log/elasticsearch /usr/share/elasticsearch/plugins /usr/share/elasticsearch/bin /run/elasticsearch
    empty /var/lib/elasticsearch
    empty "$config/jvm.options.d"
    if [ "$1" = purge ]; then
      rm -rf "$config/jvm.options.d" "$config/certs"
      rm -f "$config/elasticsearch.keystore"
    fi
    empty "$config"
    ;;
esac
if [ "$1" = purge ]; then
  if id elasticsearch >/dev/null 2>&1; then userdel elasticsearch; fi
  if getent group elasticsearch >/dev/null 2>&1; then groupdel elasticsearch; fi
fi
:
`;

export const maintainerScripts: MaintainerScripts = { preinst, postinst, prerm, postrm };
