// What OpenSearch's package does when it is installed, upgraded and removed, as the vendor's package does it: it stops the service
// before each change, starts it again after an upgrade, and sets up demonstration certificates unless told not to. Pure text.
// https://github.com/opensearch-project/opensearch-build/tree/main/scripts/pkg/build_templates

const stopService = `if command -v systemctl >/dev/null && systemctl is-active opensearch.service >/dev/null; then
  echo 'Stop existing opensearch.service'
  systemctl --no-reload stop opensearch.service
fi
`;

/** Before the new files are unpacked, on an installation and on an upgrade. */
export const preinst = `#!/bin/bash
set -e
${stopService}getent group opensearch >/dev/null || groupadd -r opensearch
getent passwd opensearch >/dev/null || useradd -r -g opensearch -M -s /sbin/nologin -c 'opensearch user/group' opensearch
`;

/** Before the old files are removed, on an upgrade and on a removal. */
export const prerm = `#!/bin/sh
set -e
${stopService}`;

/** The vendor's plugin for measurements needs these options; they are there whether or not the plugin is. */
const performanceAnalyzer = `if ! grep -q '## OpenSearch Performance Analyzer' "$config/jvm.options"; then
  {
    echo
    echo '## OpenSearch Performance Analyzer'
    echo "-Dclk.tck=$(getconf CLK_TCK)"
    echo '-Djdk.attach.allowAttachSelf=true'
    echo "-Djava.security.policy=file://$config/opensearch-performance-analyzer/opensearch_security.policy"
    echo '--add-opens=jdk.attach/sun.tools.attach=ALL-UNNAMED'
  } >> "$config/jvm.options"
fi
`;

/**
 * The demonstration's installer is the security plugin's own. Without OPENSEARCH_INITIAL_ADMIN_PASSWORD it fails, and so does the
 * installation. An upgrade starts the service when it is enabled.
 */
export const postinst = `#!/bin/bash
set -e
product=/usr/share/opensearch config=/etc/opensearch log=/var/log/opensearch
if [ "$DISABLE_INSTALL_DEMO_CONFIG" != true ]; then
  bash $product/plugins/opensearch-security/tools/install_demo_configuration.sh -y -i -s > $log/install_demo_configuration.log 2>&1 || {
    echo "ERROR: Something went wrong during demo configuration installation. Please see the logs in $log/install_demo_configuration.log"
    exit 1
  }
fi
if [ "$DISABLE_SECURITY_PLUGIN" = true ]; then
  sed -i '/^plugins.security.disabled/d' $config/opensearch.yml
  echo 'plugins.security.disabled: true' >> $config/opensearch.yml
fi
chmod a+rw /tmp
${performanceAnalyzer}chown -R opensearch:opensearch $config
chmod -R u=rwX,g=rX,o= $config
chown -R opensearch:adm $log
chmod 750 $log
chown -R opensearch:opensearch /var/lib/opensearch
chmod 750 /var/lib/opensearch
chown -R opensearch:opensearch /var/run/opensearch
if command -v systemctl >/dev/null; then
  systemctl daemon-reload || true
  systemctl restart systemd-sysctl.service || true
fi
if command -v systemd-tmpfiles >/dev/null; then systemd-tmpfiles --create opensearch.conf; fi
if [ "$1" = configure ] && [ -n "$2" ]; then
  if command -v systemctl >/dev/null && systemctl is-enabled opensearch.service >/dev/null; then
    echo 'Restarting opensearch.service after upgrade'
    systemctl start opensearch.service
  fi
else
  echo '### NOT starting on installation, please execute the following statements to configure opensearch service to start automatically using systemd'
  echo ' sudo systemctl daemon-reload'
  echo ' sudo systemctl enable opensearch.service'
fi
`;

/** The vendor's package has none of its own: dpkg removes what is the package's, data and logs stay. */
export const postrm = `#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
`;
