// Runs one of the vendor's command line tools that are published inside its modules: users, passwords. Their own launcher is not.
package understudy.tools;

import java.lang.reflect.Method;
import java.util.Arrays;

import org.elasticsearch.cli.Command;
import org.elasticsearch.cli.ProcessInfo;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;

public final class VendorTool {
    private VendorTool() {}

    public static void main(String[] arguments) throws Exception {
        System.exit(run(arguments));
    }

    /** The property `cli.class` names the tool's class; the arguments and the exit code are the tool's. */
    static int run(String... arguments) throws Exception {
        LogConfigurator.configureWithoutConfig(Settings.builder().put("logger.level", "ERROR").build());
        var constructor = Class.forName(System.getProperty("cli.class")).getDeclaredConstructor();
        constructor.setAccessible(true);
        Command tool = (Command) constructor.newInstance();
        // The terminal's class moved to another package between 8.19 and 9.5.
        Method main = Arrays.stream(Command.class.getMethods())
            .filter(method -> method.getName().equals("main") && method.getParameterCount() == 3)
            .findFirst()
            .orElseThrow();
        Object terminal = main.getParameterTypes()[1].getField("DEFAULT").get(null);
        int exitCode = (int) main.invoke(tool, arguments, terminal, ProcessInfo.fromSystem());
        terminal.getClass().getMethod("flush").invoke(terminal);
        return exitCode;
    }
}
