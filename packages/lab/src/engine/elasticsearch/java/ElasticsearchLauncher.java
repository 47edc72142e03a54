// Starts an Elasticsearch node from the jars that are published, doing what the vendor's own main does in the same order:
// environment, logging, native limits, plugins, node, readiness. The vendor's main cannot run from them: it needs the
// entitlement agent, which is not published, and is told its arguments by a command line tool that is not published either.
// It sits in the vendor's package because the bootstrap checks (vm.max_map_count, open files, ...) are visible only there.
// It is compiled against each version; what differs between 8.18 and 9.5 is called by name, with as many arguments as it takes.
package org.elasticsearch.bootstrap;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.config.Configurator;
import org.elasticsearch.Build;
import org.elasticsearch.cluster.ClusterName;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.KeyStoreWrapper;
import org.elasticsearch.common.settings.SecureString;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.common.transport.BoundTransportAddress;
import org.elasticsearch.discovery.DiscoveryModule;
import org.elasticsearch.env.Environment;
import org.elasticsearch.nativeaccess.NativeAccess;
import org.elasticsearch.nativeaccess.Systemd;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.node.NodeValidationException;
import org.elasticsearch.plugins.PluginBundle;
import org.elasticsearch.plugins.PluginsLoader;

public final class ElasticsearchLauncher {
    private ElasticsearchLauncher() {}

    /** Arguments: {@code -Ename=value} settings, which win over elasticsearch.yml. Exit code 1 when the node does not start. */
    public static void main(String[] arguments) {
        try {
            run(arguments);
        } catch (Throwable failure) {
            LogManager.getLogger(ElasticsearchLauncher.class).error("fatal exception while booting", failure);
            // The reason comes last, where `systemctl status` shows it.
            System.err.println("elasticsearch did not start: " + failure.getMessage());
            System.exit(1);
        }
    }

    private static void run(String[] arguments) throws Exception {
        LogConfigurator.registerErrorListener();
        BootstrapInfo.init();
        Environment environment = environment(settingsFrom(arguments));
        Settings settings = environment.settings();
        Files.createDirectories(environment.logsDir());
        // In the versions that lack it, `configure` does it.
        if (longest(LogConfigurator.class, "setClusterName").isPresent()) {
            call(LogConfigurator.class, "setClusterName", ClusterName.CLUSTER_NAME_SETTING.get(settings).value());
        }
        LogConfigurator.setNodeName(Node.NODE_NAME_SETTING.get(settings));
        LogConfigurator.configure(environment, true);
        Thread.setDefaultUncaughtExceptionHandler(new ElasticsearchUncaughtExceptionHandler());

        boolean lockMemory = BootstrapSettings.MEMORY_LOCK_SETTING.get(settings);
        Elasticsearch.initializeNatives(environment.tmpDir(), lockMemory, true, false);
        Elasticsearch.initializeProbes();
        Elasticsearch.checkLucene();

        Node node = nodeWithBootstrapChecks(environment);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(node, stopped), "elasticsearch-shutdown"));
        node.start();
        tellSystemd(Systemd::notify_ready);
        stopped.await();
    }

    /** The keystore is part of the settings; one is made where there is none, as the vendor's start does. */
    private static Environment environment(Map<String, String> settings) throws Exception {
        Path configuration = Path.of(System.getProperty("es.path.conf"));
        Settings.Builder builder = Settings.builder().put("path.home", System.getProperty("es.path.home"));
        builder.setSecureSettings(KeyStoreWrapper.bootstrap(configuration, ElasticsearchLauncher::keystorePassword));
        Settings home = builder.build();
        return InternalSettingsPreparer.prepareEnvironment(home, settings, configuration, () -> System.getenv("HOSTNAME"));
    }

    private static SecureString keystorePassword() throws IOException {
        String file = System.getenv("ES_KEYSTORE_PASSPHRASE_FILE");
        return new SecureString((file == null ? "" : Files.readString(Path.of(file)).strip()).toCharArray());
    }

    private static Map<String, String> settingsFrom(String[] arguments) {
        Map<String, String> settings = new HashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (argument.startsWith("-E") == false || equals < 0) {
                throw new IllegalArgumentException("expected -Ename=value, got [" + argument + "]");
            }
            settings.put(argument.substring(2, equals), argument.substring(equals + 1));
        }
        return settings;
    }

    private static Node nodeWithBootstrapChecks(Environment environment) throws Exception {
        PluginsLoader plugins = PluginsLoader.createPluginsLoader(
            bundles("loadModulesBundles", environment.modulesDir()),
            bundles("loadPluginsBundles", environment.pluginsDir()),
            Map.of(),
            false // the server is on the class path, so there is no module layer to export to
        );
        return new Node(environment, plugins) {
            @Override
            protected void validateNodeBeforeAcceptingRequests(
                BootstrapContext context,
                BoundTransportAddress bound,
                List<BootstrapCheck> checks
            ) throws NodeValidationException {
                List<BootstrapCheck> all = new ArrayList<>(BootstrapChecks.checks());
                all.addAll(checks);
                String discovery = DiscoveryModule.DISCOVERY_TYPE_SETTING.get(context.settings());
                BooleanSupplier isSnapshot = Build.current()::isSnapshot;
                boolean enforced = (boolean) call(BootstrapChecks.class, "enforceLimits", bound, discovery, isSnapshot);
                BootstrapChecks.check(context, enforced, all.stream().filter(check -> ownedByHost(check) == false).toList());
                BootstrapChecks.check(context, false, all.stream().filter(check -> ownedByHost(check)).toList());
            }
        };
    }

    /**
     * Newer versions ask whether this is a stateless deployment; it is not. The property `understudy.modules` names the modules to load,
     * for a server without the security modules; all without it.
     */
    @SuppressWarnings("unchecked")
    private static Set<PluginBundle> bundles(String loader, Path folder) {
        Set<PluginBundle> all = (Set<PluginBundle>) call(PluginsLoader.class, loader, folder, false);
        String only = System.getProperty("understudy.modules");
        if (only == null) {
            return all;
        }
        List<String> names = List.of(only.split(","));
        return all.stream().filter(bundle -> names.contains(bundle.pluginDescriptor().getName())).collect(Collectors.toSet());
    }

    private static Optional<Method> longest(Class<?> type, String name) {
        return Arrays.stream(type.getDeclaredMethods())
            .filter(method -> method.getName().equals(name))
            .max(Comparator.comparingInt(Method::getParameterCount));
    }

    /** Calls the static method of that name with as many of the arguments as this version of it takes. */
    private static Object call(Class<?> type, String name, Object... arguments) {
        Method method = longest(type, name).orElseThrow(() -> new IllegalStateException(type.getName() + " has no " + name));
        method.setAccessible(true);
        try {
            return method.invoke(null, Arrays.copyOf(arguments, method.getParameterCount()));
        } catch (InvocationTargetException failure) {
            throw failure.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(failure.getCause());
        } catch (IllegalAccessException failure) {
            throw new IllegalStateException(failure);
        }
    }

    /** A container cannot go above the open files its host allows; the vendor's check then warns and does not refuse. */
    private static boolean ownedByHost(BootstrapCheck check) {
        return check instanceof BootstrapChecks.FileDescriptorCheck && Files.exists(Path.of("/run/systemd/container"));
    }

    /** Without native access there is no systemd to tell; under a unit of Type=notify its start then times out, and says so. */
    private static void tellSystemd(Consumer<Systemd> message) {
        Systemd systemd = NativeAccess.instance().systemd();
        if (systemd != null) {
            message.accept(systemd);
        }
    }

    private static void stop(Node node, CountDownLatch stopped) {
        try {
            tellSystemd(Systemd::notify_stopping);
            node.prepareForClose();
            node.close();
            node.awaitClose(10, TimeUnit.SECONDS);
        } catch (Exception failure) {
            LogManager.getLogger(ElasticsearchLauncher.class).warn("failure while stopping", failure);
        } finally {
            Configurator.shutdown(org.apache.logging.log4j.core.LoggerContext.getContext(false));
            stopped.countDown();
        }
    }
}
