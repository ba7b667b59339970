package dev.approxlite.service.profiling;

import dev.approxlite.engine.EngineException;
import dev.approxlite.service.profiling.PlannedBlock.PlanException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/**
 * One start line from its arrival to its end, on this process's engine. How it ended lies beside the rows, as what
 * starts the native agent leaves it: {@code status} holds the number, {@code agent.log} the words. One thread runs it.
 */
public final class ProfilingRun {
    private final File root;
    private final Phone phone;
    private final BooleanSupplier interrupted;
    private volatile Path folder;
    private String why = "";

    /** root: the only folder that lines may name paths in; null: there is none. */
    public ProfilingRun(File root, Phone phone, BooleanSupplier interrupted) {
        this.root = root;
        this.phone = phone;
        this.interrupted = interrupted;
    }

    /** Measures; returns the status, {@link #why} says more. */
    public int run(String line) {
        try {
            StartLine start = StartLine.parse(line);
            requireOwn(start);
            folder = within(start.folder());
            within(start.model());
            Files.deleteIfExists(folder.resolve("status"));
            int status = measure(start, folder);
            if (status != Agent.RUNNING) { // else it is another agent's folder
                leave(folder, status, why);
            }
            return status;
        } catch (PlanException | IOException problem) {
            why = String.valueOf(problem.getMessage());
            return Agent.UNUSABLE;
        }
    }

    /** Says in its folder that another start line has to wait for this run; the run's own folder is left alone. */
    public void turnAway(String line) {
        try {
            Path other = within(StartLine.parse(line).folder());
            if (!other.equals(folder)) {
                leave(other, Agent.RUNNING, "the service measures in " + folder);
            }
        } catch (PlanException | IOException problem) {
            // whoever wrote the line finds no sign of a start, and that this service is busy
        }
    }

    private static void leave(Path folder, int status, String why) throws IOException {
        Files.write(folder.resolve("agent.log"), (why + "\n").getBytes(StandardCharsets.UTF_8));
        Files.write(folder.resolve("status"), (status + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    /** {@code done}, {@code stop}, {@code signal}, or one line that says what is wrong. */
    public String why() {
        return why;
    }

    private int measure(StartLine start, Path folder) {
        try (ProfiledModel model = new ProfiledModel(start)) {
            Agent agent = new Agent(folder, model.opening(), model, phone, interrupted);
            int status = agent.run();
            why = agent.why();
            return status;
        } catch (IOException problem) {
            why = "model: " + problem.getMessage();
            return Agent.UNUSABLE;
        } catch (EngineException problem) {
            why = String.valueOf(problem.getMessage());
            return Agent.CANNOT_RUN;
        }
    }

    private static void requireOwn(StartLine start) throws IOException {
        if (!start.engine().equals(StartLine.OWN) || !start.runtime().equals(StartLine.OWN)) {
            throw new IOException("start line: engine and runtime are the app's own here, engine=own runtime=own");
        }
    }

    /** A path of the desk's, which may not lead out of the folder that the shell and this app share. */
    private Path within(String path) throws IOException {
        if (root == null) {
            throw new IOException("the external files folder is not there; is the storage mounted?");
        }
        File named = new File(path).getCanonicalFile();
        if (!named.toPath().startsWith(root.getCanonicalFile().toPath())) {
            throw new IOException("start line: " + path + " is not within " + root);
        }
        return named.toPath();
    }
}
