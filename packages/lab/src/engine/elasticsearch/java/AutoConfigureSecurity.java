// Turns security on when the package is first installed, as the vendor's tool does, which is not published: certificates, passwords in
// the keystore, a block at the end of elasticsearch.yml. Changes nothing where security or a cluster of several nodes is configured.
package understudy.tools;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import org.elasticsearch.common.UUIDs;
import org.elasticsearch.common.settings.KeyStoreWrapper;
import org.elasticsearch.common.settings.SecureString;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;

public final class AutoConfigureSecurity {
    /** What the vendor's tool exits with: nothing to do, and a configuration that it does not touch. */
    private static final int NOTHING_TO_DO = 80, CONFIGURED_OTHERWISE = 78;
    private static final int TRANSPORT_DAYS = 99 * 365, HTTP_CA_DAYS = 3 * 365, HTTP_DAYS = 2 * 365;
    private static final char[] NO_PASSWORD = new char[0];

    private final Path configuration = Path.of(System.getProperty("es.path.conf"));
    private final String host = System.getenv("HOSTNAME");
    private final ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
    private final Path made = configuration.resolve("certs." + now.toEpochSecond() + ".tmp");
    private final Settings settings;

    private AutoConfigureSecurity() {
        Settings home = Settings.builder().put("path.home", System.getProperty("es.path.home")).build();
        settings = InternalSettingsPreparer.prepareEnvironment(home, Collections.emptyMap(), configuration, () -> host).settings();
    }

    /** Prints the password of the user elastic, which the vendor's tool makes; the property `cli.class` names it. */
    public static void main(String[] arguments) throws Exception {
        AutoConfigureSecurity run = new AutoConfigureSecurity();
        if (run.nothingToDo()) {
            System.exit(NOTHING_TO_DO);
        }
        try {
            run.configure();
        } finally {
            run.removeMade();
        }
        // In the same JVM: a second one would take as long as all the rest.
        if (VendorTool.run() != 0) {
            System.err.println("The password of the user elastic could not be made");
        }
    }

    /** The vendor's conditions: a first start, no word about security or TLS, and no other node named. */
    private boolean nothingToDo() throws IOException {
        for (String data : Environment.PATH_DATA_SETTING.get(settings)) {
            try (Stream<Path> entries = Files.isDirectory(Path.of(data)) ? Files.list(Path.of(data)) : Stream.empty()) {
                if (entries.findAny().isPresent()) {
                    return true;
                }
            }
        }
        return settings.getAsBoolean("xpack.security.autoconfiguration.enabled", true) == false
            || settings.hasValue("xpack.security.enabled")
            || settings.getByPrefix("xpack.security.transport.ssl.").isEmpty() == false
            || settings.getByPrefix("xpack.security.http.ssl.").isEmpty() == false
            || alone() == false
            || rolesForCluster() == false;
    }

    private boolean alone() {
        boolean named = Stream.of("cluster.initial_master_nodes", "discovery.seed_hosts", "discovery.seed_providers")
            .anyMatch(name -> settings.getAsList(name).isEmpty() == false);
        List<String> masters = settings.getAsList("cluster.initial_master_nodes");
        return named == false
            || "single-node".equals(settings.get("discovery.type"))
            || masters.equals(List.of(settings.get("node.name", "")));
    }

    /** A node that can be elected and can hold the index of users. */
    private boolean rolesForCluster() {
        if (settings.hasValue("node.roles") == false) {
            return true;
        }
        List<String> roles = settings.getAsList("node.roles");
        return roles.contains("master")
            && roles.contains("voting_only") == false
            && roles.stream().anyMatch(role -> role.equals("data") || role.startsWith("data_"));
    }

    private void configure() throws Exception {
        Files.createDirectory(made, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-x---"));
        String name = settings.get("node.name", host);
        certificate("transport_ca", "Elasticsearch security auto-configuration transport CA", TRANSPORT_DAYS, List.of());
        certificate("transport", name, TRANSPORT_DAYS, signedBy("transport_ca"));
        certificate("http_ca", "Elasticsearch security auto-configuration HTTP CA", HTTP_CA_DAYS, List.of());
        List<String> http = new ArrayList<>(signedBy("http_ca"));
        http.addAll(List.of("-addext", "extendedKeyUsage=serverAuth", "-addext", "subjectAltName=" + String.join(",", names())));
        certificate("http", name, HTTP_DAYS, http);

        KeyStoreWrapper keystore = KeyStoreWrapper.load(configuration);
        if (keystore == null) {
            keystore = KeyStoreWrapper.create();
        } else {
            keystore.decrypt(NO_PASSWORD);
        }
        refuseOwnPasswords(keystore.getSettingNames());
        char[] transportPassword = password(), httpPassword = password();
        KeyStore transport = empty();
        transport.setKeyEntry("transport", key("transport"), transportPassword, new Certificate[] { certificate("transport") });
        transport.setCertificateEntry("transport_ca", certificate("transport_ca"));
        write(transport, "transport.p12", transportPassword);
        KeyStore web = empty();
        web.setKeyEntry("http_ca", key("http_ca"), httpPassword, new Certificate[] { certificate("http_ca") });
        web.setKeyEntry("http", key("http"), httpPassword, new Certificate[] { certificate("http"), certificate("http_ca") });
        write(web, "http.p12", httpPassword);
        keystore.setString("xpack.security.transport.ssl.keystore.secure_password", transportPassword);
        keystore.setString("xpack.security.transport.ssl.truststore.secure_password", transportPassword);
        keystore.setString("xpack.security.http.ssl.keystore.secure_password", httpPassword);
        keystore.save(configuration, NO_PASSWORD);
        keep();
        Files.writeString(configuration.resolve("elasticsearch.yml"), block(), StandardOpenOption.APPEND);
    }

    private void refuseOwnPasswords(Set<String> entries) {
        String own = "xpack\\.security\\.(transport\\.ssl\\.(keystore|truststore)|http\\.ssl\\.keystore)\\.secure_password";
        if (entries.stream().anyMatch(entry -> entry.matches(own))) {
            System.err.println("Aborting auto configuration because the node keystore contains password settings already");
            System.exit(CONFIGURED_OTHERWISE);
        }
    }

    /** A key of 4096 bits and its certificate, by openssl: the JRE alone cannot sign one, and the vendor's library is not published. */
    private void certificate(String file, String commonName, int days, List<String> more) throws Exception {
        List<String> command = new ArrayList<>(List.of("openssl", "req", "-x509", "-sha256", "-newkey", "rsa:4096", "-nodes"));
        command.addAll(List.of("-keyout", file + ".key", "-out", file + ".pem", "-days", "" + days, "-subj", "/CN=" + commonName));
        command.addAll(more);
        Process openssl = new ProcessBuilder(command).directory(made.toFile()).redirectErrorStream(true).start();
        String said = new String(openssl.getInputStream().readAllBytes());
        if (openssl.waitFor() != 0) {
            throw new IOException("openssl could not make the certificate " + file + ": " + said.strip());
        }
    }

    private static List<String> signedBy(String authority) {
        return List.of("-CA", authority + ".pem", "-CAkey", authority + ".key", "-addext", "basicConstraints=CA:FALSE");
    }

    /** Every address of the machine, its name, and localhost. */
    private Set<String> names() throws IOException {
        Set<String> names = new TreeSet<>(Set.of("DNS:localhost", "DNS:" + host));
        for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            for (InetAddress address : Collections.list(network.getInetAddresses())) {
                names.add("IP:" + address.getHostAddress().replaceFirst("%.*", ""));
            }
        }
        return names;
    }

    private static char[] password() {
        SecureString password = UUIDs.randomBase64UUIDSecureString();
        return password.getChars();
    }

    private static KeyStore empty() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private Certificate certificate(String file) throws Exception {
        try (var stream = Files.newInputStream(made.resolve(file + ".pem"))) {
            return CertificateFactory.getInstance("X.509").generateCertificate(stream);
        }
    }

    private PrivateKey key(String file) throws Exception {
        String text = Files.readString(made.resolve(file + ".key")).replaceAll("-----[A-Z ]+-----|\\s", "");
        return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
    }

    private void write(KeyStore store, String file, char[] password) throws Exception {
        try (var stream = Files.newOutputStream(made.resolve(file))) {
            store.store(stream, password);
        }
    }

    /** The files that stay, under their lasting names and permissions; a folder that was there is kept beside them. */
    private void keep() throws IOException {
        Files.move(made.resolve("http_ca.pem"), made.resolve("http_ca.crt"));
        for (String file : List.of("http_ca.crt", "http.p12", "transport.p12")) {
            Files.setPosixFilePermissions(made.resolve(file), PosixFilePermissions.fromString("rw-rw----"));
        }
        for (String file : List.of("transport_ca", "transport", "http_ca", "http")) {
            Files.deleteIfExists(made.resolve(file + ".key"));
            Files.deleteIfExists(made.resolve(file + ".pem"));
        }
        Path certs = configuration.resolve("certs");
        if (Files.exists(certs)) {
            Files.move(certs, configuration.resolve("certs." + now.toEpochSecond() + ".orig"));
        }
        Files.move(made, certs);
    }

    private void removeMade() throws IOException {
        if (Files.exists(made)) {
            try (Stream<Path> files = Files.list(made)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(made);
        }
    }

    /** The settings that the vendor's tool appends, between its markers, by which other tools find them. */
    private String block() {
        String at = now.format(DateTimeFormatter.ofPattern("dd-MM-yyyy HH:mm:ss", Locale.ROOT));
        List<String> lines = new ArrayList<>(List.of(
            "",
            "#----------------------- BEGIN SECURITY AUTO CONFIGURATION -----------------------",
            "# Made on " + at + " when the package was first installed.",
            "xpack.security.enabled: true",
            ""
        ));
        if (settings.getAsBoolean("xpack.security.enrollment.enabled", true)) {
            lines.add("xpack.security.enrollment.enabled: true");
            lines.add("");
        }
        lines.addAll(List.of(
            "xpack.security.http.ssl:",
            "  enabled: true",
            "  keystore.path: certs/http.p12",
            "",
            "xpack.security.transport.ssl:",
            "  enabled: true",
            "  verification_mode: certificate",
            "  keystore.path: certs/transport.p12",
            "  truststore.path: certs/transport.p12"
        ));
        if ("single-node".equals(settings.get("discovery.type")) == false && settings.hasValue("cluster.initial_master_nodes") == false) {
            String node = settings.get("node.name");
            lines.add("cluster.initial_master_nodes: [\"" + (node == null || node.equals(host) ? "${HOSTNAME}" : node) + "\"]");
        }
        Stream<String> hosts = Stream.of("http.host", "http.bind_host", "http.publish_host");
        Stream<String> network = Stream.of("network.host", "network.bind_host", "network.publish_host");
        if (Stream.concat(hosts, network).noneMatch(settings::hasValue)) {
            lines.addAll(List.of("", "http.host: 0.0.0.0"));
        }
        lines.addAll(List.of("#----------------------- END SECURITY AUTO CONFIGURATION -------------------------", ""));
        return String.join("\n", lines);
    }
}
