package dev.approxlite.service.profiling;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.approxlite.engine.EngineException;
import dev.approxlite.service.profiling.PlannedBlock.PlanException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Measures a plan block by block and writes what came of it, as docs/agent-protocol.md says and native/agent does; the
 * lock is the file's own rather than flock, which Java has not. Runs on a thread of its own until the plan is done.
 */
public final class Agent {
    /** How it ends, as the protocol has it. */
    public static final int DONE = 0;

    public static final int UNUSABLE = 2;
    public static final int CANNOT_RUN = 3;
    public static final int RUNNING = 16;
    public static final int NO_ROOM = 28;

    private static final long LARGEST_PLAN = 64L << 20;
    private static final long SECOND_NS = 1_000_000_000L;
    /** The look after a block serves for the next one, unless that takes this long to begin. */
    private static final long FRESH_NS = 2 * SECOND_NS;
    /** A block that was cut off before all of it was measured, such as by a phone that slept, is tried so often. */
    private static final int TRIES = 3;
    /** A plan whose last line is not whole is looked at again so often, this far apart. */
    private static final int LOOKS = 5;

    private static final long LOOK_NS = SECOND_NS / 10;

    private final Path folder;
    private final JsonObject opening;
    private final Runner.Source runners;
    private final Phone phone;
    private final BooleanSupplier interrupted;
    private String why = "done";
    private Look look;

    /** What a plan holds that has no row yet; cutOff: of a last line that is not whole, or null. */
    private record Pending(List<PlannedBlock> blocks, String cutOff) {}

    /** opening: what the opening row tells of model, engine and phone; kind, protocol and time are filled in. */
    public Agent(Path folder, JsonObject opening, Runner.Source runners, Phone phone, BooleanSupplier interrupted) {
        this.folder = folder;
        this.opening = opening;
        this.runners = runners;
        this.phone = phone;
        this.interrupted = interrupted;
    }

    /** Returns the status; {@link #why} says more. */
    public int run() {
        try (FileChannel lock = FileChannel.open(
                        folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = tryLock(lock)) {
            if (held == null) {
                why = folder.resolve("lock") + ": another agent measures in this folder";
                return RUNNING;
            }
            lock.truncate(0);
            lock.write(ByteBuffer.wrap((phone.process() + "\n").getBytes(StandardCharsets.US_ASCII)));
            try (RowsFile rows = RowsFile.open(folder.resolve("rows.jsonl"))) {
                return measure(rows);
            } finally {
                lock.truncate(0);
            }
        } catch (IOException problem) {
            why = String.valueOf(problem.getMessage());
            return statusOf(problem);
        }
    }

    static int statusOf(IOException problem) {
        return String.valueOf(problem.getMessage()).contains("No space left") ? NO_ROOM : UNUSABLE;
    }

    /** {@code done}, {@code stop}, {@code signal}, or one line that says what is wrong. */
    public String why() {
        return why;
    }

    private static FileLock tryLock(FileChannel lock) throws IOException {
        try {
            return lock.tryLock();
        } catch (OverlappingFileLockException ours) {
            return null;
        }
    }

    private int measure(RowsFile rows) throws IOException {
        JsonObject first = opening.deepCopy();
        first.addProperty("kind", "opening");
        first.addProperty("protocol", StartLine.PROTOCOL);
        first.addProperty("time_s", phone.timeS());
        JsonObject missing = new JsonObject();
        phone.missing().forEach(missing::addProperty);
        if (missing.size() > 0) {
            first.add("missing", missing);
        }
        rows.append(first.toString(), -1);
        int status = DONE;
        try {
            List<PlannedBlock> pending = pending(rows);
            while (!pending.isEmpty() && why.equals("done")) {
                for (int next = 0; next < pending.size(); ++next) {
                    if (isToldToEnd() || !measure(pending.subList(next, pending.size()), rows)) {
                        break;
                    }
                }
                pending = pending(rows); // the plan may have grown
            }
        } catch (PlanException problem) {
            why = problem.getMessage();
            status = UNUSABLE;
        } catch (EngineException problem) {
            why = problem.getMessage();
            status = CANNOT_RUN;
        }
        JsonObject end = new JsonObject();
        end.addProperty("kind", "end");
        end.addProperty("why", why);
        end.addProperty("time_s", phone.timeS());
        rows.append(end.toString(), -1);
        return status;
    }

    private boolean measure(List<PlannedBlock> upcoming, RowsFile rows)
            throws PlanException, EngineException, IOException {
        PlannedBlock block = upcoming.get(0);
        Runner runner = null;
        try {
            runner = block.subject() == PlannedBlock.Subject.IDLE ? null : runners.prepare(upcoming);
        } catch (EngineException problem) {
            throw new PlanException("block " + block.block() + ": " + problem.getMessage());
        }
        long begin = phone.bootNs();
        if (block.hottestC() > 0 && !coolDown(block.hottestC())) {
            return false;
        }
        double waitedS = block.hottestC() > 0 ? (phone.bootNs() - begin) / 1e9 : 0;
        String row = null;
        for (int tries = 0; tries < TRIES; ++tries) {
            if (tries > 0 && isToldToEnd()) {
                return false;
            }
            takeLook();
            Measurement measurement = new Measurement(block, runner, phone, interrupted, look);
            row = measured(measurement, block, waitedS);
            if (row == null) {
                why = "signal";
                return false;
            }
            look = measurement.after();
            if (measurement.isWhole()) {
                break;
            }
        }
        rows.append(row, block.block());
        return true;
    }

    private static String measured(Measurement measurement, PlannedBlock block, double waitedS) throws EngineException {
        try {
            return measurement.run(waitedS);
        } catch (EngineException problem) {
            throw new EngineException(problem.reason(), "block " + block.block() + ": " + problem.getMessage());
        }
    }

    /** False where it is told to end meanwhile. */
    private boolean coolDown(double hottestC) {
        for (takeLook(); ; look = Look.take(phone)) {
            if (isToldToEnd()) {
                return false;
            }
            if (look.hottestC() < hottestC) {
                return true;
            }
            phone.sleepUntil(phone.bootNs() + SECOND_NS);
        }
    }

    private void takeLook() {
        if (look == null || phone.bootNs() - look.atNs() > FRESH_NS) {
            look = Look.take(phone);
        }
    }

    private boolean isToldToEnd() {
        if (interrupted.getAsBoolean()) {
            why = "signal";
        } else if (Files.exists(folder.resolve("stop"))) {
            why = "stop";
        }
        return !why.equals("done");
    }

    /** Blocks of the plan that have no row, in their order; what is whole is measured first. */
    private List<PlannedBlock> pending(RowsFile rows) throws IOException, PlanException {
        Pending found = read(rows);
        for (int looks = 1; looks < LOOKS && found.cutOff() != null && !interrupted.getAsBoolean(); ++looks) {
            phone.sleepUntil(phone.bootNs() + LOOK_NS);
            found = read(rows);
        }
        if (found.cutOff() != null && found.blocks().isEmpty()) {
            throw new PlanException(found.cutOff());
        }
        return found.blocks();
    }

    private Pending read(RowsFile rows) throws IOException, PlanException {
        Path plan = folder.resolve("plan.jsonl");
        if (Files.size(plan) > LARGEST_PLAN) {
            throw new PlanException("plan.jsonl: larger than " + LARGEST_PLAN + " bytes");
        }
        String text = new String(Files.readAllBytes(plan), StandardCharsets.UTF_8);
        List<PlannedBlock> pending = new ArrayList<>();
        Set<Long> numbers = new HashSet<>();
        int number = 0;
        for (int begin = 0; begin < text.length(); ) {
            ++number;
            int end = text.indexOf('\n', begin);
            String line = text.substring(begin, end < 0 ? text.length() : end).trim();
            begin = end < 0 ? text.length() : end + 1;
            if (line.isEmpty()) {
                continue;
            }
            PlannedBlock block;
            try {
                block = PlannedBlock.parse(line);
            } catch (PlanException problem) {
                if (end < 0 && !isJson(line)) { // the beginning of an object is never an object
                    return new Pending(pending, "plan.jsonl, line " + number + ": cut off");
                }
                throw new PlanException("plan.jsonl, line " + number + ": " + problem.getMessage());
            }
            if (!numbers.add(block.block())) {
                throw new PlanException("plan.jsonl, line " + number + ": block " + block.block() + " is there twice");
            }
            if (!rows.isDone(block.block())) {
                pending.add(block);
            }
        }
        return new Pending(pending, null);
    }

    private static boolean isJson(String line) {
        try {
            JsonParser.parseString(line);
            return true;
        } catch (JsonParseException cutOff) {
            return false;
        }
    }
}
