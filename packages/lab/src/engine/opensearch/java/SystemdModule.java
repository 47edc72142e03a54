// Tells systemd when an OpenSearch node is up, and asks it for more time until then: what the vendor's module `systemd` does, which is
// not published. It does nothing unless OPENSEARCH_SD_NOTIFY is true.
package understudy.lab;

import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.Timer;
import java.util.TimerTask;

import com.sun.jna.Native;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.plugins.ClusterPlugin;
import org.opensearch.plugins.Plugin;

@SuppressWarnings({ "removal", "deprecation" })
public final class SystemdModule extends Plugin implements ClusterPlugin {
    private static final class Libsystemd {
        static {
            AccessController.doPrivileged((PrivilegedAction<Void>) () -> {
                Native.register(Libsystemd.class, "libsystemd.so.0");
                return null;
            });
        }

        static native int sd_notify(int unsetEnvironment, String state);
    }

    private final Timer extension;

    public SystemdModule() {
        extension = Boolean.parseBoolean(System.getenv("OPENSEARCH_SD_NOTIFY")) ? new Timer("systemd-extension", true) : null;
        if (extension != null) {
            extension.schedule(new TimerTask() {
                @Override
                public void run() {
                    Libsystemd.sd_notify(0, "EXTEND_TIMEOUT_USEC=30000000");
                }
            }, 15_000, 15_000);
        }
    }

    @Override
    public void onNodeStarted(DiscoveryNode node) {
        if (extension == null) {
            return;
        }
        extension.cancel();
        int result = Libsystemd.sd_notify(0, "READY=1");
        if (result < 0) {
            throw new IllegalStateException("sd_notify returned " + result);
        }
    }

    @Override
    public void close() {
        if (extension != null) {
            extension.cancel();
            Libsystemd.sd_notify(0, "STOPPING=1");
        }
    }
}
