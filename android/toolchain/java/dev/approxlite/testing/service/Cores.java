package dev.approxlite.testing.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;

/** On which cores this process runs, and those it starts from then on. */
final class Cores {
    private static final Path STATUS = Paths.get("/proc/self/status");
    private static final String LIST = "Cpus_allowed_list:";

    private Cores() {}

    /** As Linux writes a list: "0-3,6". */
    static String allowed() throws IOException {
        return Files.readAllLines(STATUS).stream().filter(line -> line.startsWith(LIST)).findFirst().orElseThrow()
                .substring(LIST.length()).trim();
    }

    /** Of such a list. */
    static String first(String cores) {
        return cores.split("[-,]")[0];
    }

    /** All threads there are, to such a list. */
    static void confine(String cores) throws IOException, InterruptedException {
        Process taskset = new ProcessBuilder("taskset", "-acp", cores, Long.toString(ProcessHandle.current().pid()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        if (taskset.waitFor() != 0) {
            throw new IOException("taskset could not confine the processes to core " + cores);
        }
    }
}
