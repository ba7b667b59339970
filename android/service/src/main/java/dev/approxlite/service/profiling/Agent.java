package dev.approxlite.service.profiling;

import com.google.gson.JsonObject;
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
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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

    private static final long LARGEST_PLAN = 64L << 20;
    private static final long SECOND_NS = 1_000_000_000L;

    private final Path folder;
    private final JsonObject opening;
    private final Runner.Source runners;
    private final Phone phone;
    private final BooleanSupplier interrupted;
    private String why = "done";

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
            return UNUSABLE;
        }
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

    private boolean measure(List<PlannedBlock> upcoming, RowsFile rows) throws EngineException, IOException {
        PlannedBlock block = upcoming.get(0);
        Runner runner = block.subject() == PlannedBlock.Subject.IDLE ? null : runners.prepare(upcoming);
        long begin = phone.bootNs();
        while (block.hottestC() > 0 && hottest() >= block.hottestC()) {
            if (isToldToEnd()) {
                return false;
            }
            phone.sleepUntil(phone.bootNs() + SECOND_NS);
        }
        double waitedS = block.hottestC() > 0 ? (phone.bootNs() - begin) / 1e9 : 0;
        String row = new Measurement(block, runner, phone, interrupted).run(waitedS);
        if (row == null) {
            why = "signal";
            return false;
        }
        rows.append(row, block.block());
        return true;
    }

    private double hottest() {
        Map<String, Double> temperatures = phone.temperatures();
        return temperatures.isEmpty() ? Double.NEGATIVE_INFINITY : Collections.max(temperatures.values());
    }

    private boolean isToldToEnd() {
        if (interrupted.getAsBoolean()) {
            why = "signal";
        } else if (Files.exists(folder.resolve("stop"))) {
            why = "stop";
        }
        return !why.equals("done");
    }

    /** Blocks of the plan that have no row, in their order; a last line that is not whole yet is left for later. */
    private List<PlannedBlock> pending(RowsFile rows) throws IOException, PlanException {
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
                if (end < 0) {
                    continue; // not whole yet
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
        return pending;
    }
}
