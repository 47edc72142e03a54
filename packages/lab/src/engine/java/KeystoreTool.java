// The engine's keystore at the command line: the commands of the vendor's tool that machines need, which is not published. Values are
// read from standard input and never printed. The file is read and written by the engine's own class, in whose
// package this is: of OpenSearch 2 not all of it is public. For another engine its name takes the place of elasticsearch.
package org.elasticsearch.common.settings;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

public final class KeystoreTool {
    private static final char[] NO_PASSWORD = new char[0];

    private KeystoreTool() {}

    /** Exit codes as the vendor's: 64 for wrong use, 65 for what the keystore refuses. */
    public static void main(String[] arguments) throws Exception {
        String command = arguments.length > 0 ? arguments[0] : "";
        Path configuration = Path.of(System.getProperty("understudy.path.conf"));
        try {
            switch (command) {
                case "create" -> create(configuration);
                case "list" -> open(configuration).getSettingNames().stream().sorted().forEach(System.out::println);
                case "add" -> add(configuration, name(arguments));
                case "remove" -> remove(configuration, name(arguments));
                case "upgrade" -> KeyStoreWrapper.upgrade(open(configuration), configuration, NO_PASSWORD);
                case "has-passwd" -> {
                    if (existing(configuration).hasPassword() == false) {
                        throw new Refusal(1, "ERROR: Keystore is not password-protected");
                    }
                }
                default -> throw new Refusal(64, "ERROR: expected create, list, add, remove, upgrade or has-passwd, got [" + command + "]");
            }
        } catch (Refusal refusal) {
            System.err.println(refusal.getMessage());
            System.exit(refusal.exitCode);
        }
    }

    private static void create(Path configuration) throws Exception {
        if (Files.exists(KeyStoreWrapper.keystorePath(configuration))) {
            throw new Refusal(65, "ERROR: An elasticsearch keystore already exists; it is left as it is");
        }
        KeyStoreWrapper.create().save(configuration, NO_PASSWORD);
    }

    private static void add(Path configuration, String name) throws Exception {
        KeyStoreWrapper keystore = open(configuration);
        String value = new String(System.in.readAllBytes(), StandardCharsets.UTF_8).strip();
        keystore.setString(name, value.toCharArray());
        keystore.save(configuration, NO_PASSWORD);
    }

    private static void remove(Path configuration, String name) throws Exception {
        KeyStoreWrapper keystore = open(configuration);
        if (keystore.getSettingNames().contains(name) == false) {
            throw new Refusal(78, "ERROR: Setting [" + name + "] does not exist in the keystore.");
        }
        keystore.remove(name);
        keystore.save(configuration, NO_PASSWORD);
    }

    private static String name(String[] arguments) {
        for (int i = 1; i < arguments.length; i++) {
            if (arguments[i].startsWith("-") == false) {
                return arguments[i];
            }
        }
        throw new Refusal(64, "ERROR: [" + arguments[0] + "] needs the name of a setting");
    }

    private static KeyStoreWrapper existing(Path configuration) throws Exception {
        KeyStoreWrapper keystore = KeyStoreWrapper.load(configuration);
        if (keystore == null) {
            throw new Refusal(65, "ERROR: elasticsearch keystore not found at [" + KeyStoreWrapper.keystorePath(configuration) + "]. Use 'create' to make one");
        }
        return keystore;
    }

    private static KeyStoreWrapper open(Path configuration) throws Exception {
        KeyStoreWrapper keystore = existing(configuration);
        if (keystore.hasPassword()) {
            throw new Refusal(65, "ERROR: the keystore has a password, which this tool does not ask for");
        }
        keystore.decrypt(NO_PASSWORD);
        return keystore;
    }

    private static final class Refusal extends RuntimeException {
        final int exitCode;

        Refusal(int exitCode, String message) {
            super(message);
            this.exitCode = exitCode;
        }
    }
}
