package dev.approxlite.testing.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;

/** Another JVM with the same class path; with {@code -Dshort=true} one that lives too shortly to be optimised. */
final class Jvm {
    private Jvm() {}

    static Process start(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Paths.get(System.getProperty("java.home"), "bin", "java").toString(), "-Xshare:auto",
                        "-XX:+UseSerialGC",
                "-Xmx64m", "-cp", System.getProperty("java.class.path")));
        if (Boolean.getBoolean("short")) {
            command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Dshort=true"));
        }
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Until a process listens there; what asks next fails if it still does not after thirty seconds. */
    static void await(Path socket) throws InterruptedException {
        for (int i = 0; i < 3000 && !Files.exists(socket); ++i) {
            Thread.sleep(10);
        }
    }
}
