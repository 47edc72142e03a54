// Tells systemd when an OpenSearch node is up, and asks it for more time until then: what the vendor's module `systemd` does, which is
// not published. It does nothing unless OPENSEARCH_SD_NOTIFY is true. In a container whose host allows fewer open files than the engine
// asks for, it also makes that one check pass: the machine cannot go above its host's limit.
package understudy.lab;

import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.Timer;
import java.util.TimerTask;

import com.sun.jna.Native;
import org.opensearch.cluster.node.DiscoveryNode;
import org.opensearch.monitor.process.ProcessProbe;
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
        AccessController.doPrivileged((PrivilegedAction<Void>) () -> {
            passFileLimitOfHost();
            return null;
        });
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

    /** Its main class has no place for this: the check passes when the limit cannot be read, and this is where it is read from. */
    private static void passFileLimitOfHost() {
        long limit = ProcessProbe.getInstance().getMaxFileDescriptorCount();
        if (Files.exists(Path.of("/run/systemd/container")) == false || limit < 0 || limit >= 65535) {
            return;
        }
        try {
            Field theUnsafe = sun.misc.Unsafe.class.getDeclaredField("theUnsafe");
            theUnsafe.setAccessible(true);
            sun.misc.Unsafe unsafe = (sun.misc.Unsafe) theUnsafe.get(null);
            Field reader = ProcessProbe.class.getDeclaredField("getMaxFileDescriptorCountField");
            unsafe.putObject(unsafe.staticFieldBase(reader), unsafe.staticFieldOffset(reader), null);
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException(failure);
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
