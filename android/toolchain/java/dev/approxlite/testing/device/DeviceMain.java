package dev.approxlite.testing.device;

import org.junit.runner.JUnitCore;
import org.junit.runner.Result;

/** Runs {@link DeviceHost} until it is killed, or says what is wrong with it. */
public final class DeviceMain {
    private DeviceMain() {}

    /** No arguments. */
    public static void main(String[] arguments) {
        Result result = JUnitCore.runClasses(DeviceHost.class);
        result.getFailures().forEach(each -> System.err.println(each.getTrace()));
        System.exit(1);
    }
}
