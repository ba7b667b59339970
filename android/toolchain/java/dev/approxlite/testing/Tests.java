package dev.approxlite.testing;

import com.google.gson.Gson;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.runner.Description;
import org.junit.runner.JUnitCore;
import org.junit.runner.Request;
import org.junit.runner.Result;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;

/** Runs the test classes of a folder; with {@code -Djson=true} the outcome is one JSON object on stdout. */
public final class Tests {
    private Tests() {}

    /** Arguments: the folder of test classes, and a text that their names contain ("" for all). */
    public static void main(String[] arguments) throws Exception {
        List<Class<?>> classes = classes(Paths.get(arguments[0]), arguments.length > 1 ? arguments[1] : "");
        JUnitCore core = new JUnitCore();
        core.addListener(new Slowest());
        Passed passed = new Passed();
        core.addListener(passed);
        Result result = core.run(Request.classes(classes.toArray(new Class<?>[0])));
        report(result, passed.names);
        // Robolectric leaves threads behind, so nobody waits for them.
        System.exit(result.wasSuccessful() && result.getRunCount() > 0 ? 0 : 1);
    }

    /** Names on stderr each test that takes more than five seconds: nobody waits for it gladly. */
    private static final class Slowest extends RunListener {
        private long begin;

        @Override
        public void testStarted(Description test) {
            begin = System.nanoTime();
        }

        @Override
        public void testFinished(Description test) {
            double seconds = (System.nanoTime() - begin) / 1e9;
            if (seconds > 5) {
                System.err.printf("%.1f s: %s%n", seconds, test);
            }
        }
    }

    /** Names of the tests that were run to their end and failed in nothing. */
    private static final class Passed extends RunListener {
        final Set<String> names = new LinkedHashSet<>();

        @Override
        public void testStarted(Description test) {
            names.add(test.getMethodName());
        }

        @Override
        public void testFailure(Failure failure) {
            names.remove(failure.getDescription().getMethodName());
        }

        @Override
        public void testAssumptionFailure(Failure failure) {
            testFailure(failure);
        }
    }

    private static List<Class<?>> classes(Path folder, String part) throws IOException, ClassNotFoundException {
        List<Class<?>> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path each : (Iterable<Path>) files.sorted()::iterator) {
                String path = folder.relativize(each).toString();
                if (path.endsWith("Test.class") && path.contains(part)) {
                    Class<?> type = Class.forName(path.substring(0, path.length() - ".class".length()).replace('/',
                            '.'));
                    if (!Modifier.isAbstract(type.getModifiers())) {
                        found.add(type);
                    }
                }
            }
        }
        return found;
    }

    private static void report(Result result, Set<String> passed) {
        List<Map<String, String>> failures = new ArrayList<>();
        for (Failure each : result.getFailures()) {
            System.err.println("FAILED " + each.getTestHeader() + "\n" + each.getTrimmedTrace());
            failures.add(Map.of("test", each.getTestHeader(), "why", String.valueOf(each.getMessage())));
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("tests", result.getRunCount());
        figures.put("failed", result.getFailureCount());
        figures.put("skipped", result.getIgnoreCount() + result.getAssumptionFailureCount());
        figures.put("seconds", result.getRunTime() / 1000.0);
        figures.put("failures", failures);
        figures.put("passed", passed);
        if (Boolean.getBoolean("json")) {
            System.out.println(new Gson().toJson(figures));
        } else {
            System.out.println(figures.get("tests") + " tests, " + figures.get("failed") + " failed, "
                    + figures.get("skipped") + " skipped, " + figures.get("seconds") + " s");
        }
    }
}
