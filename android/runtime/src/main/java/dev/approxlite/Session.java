package dev.approxlite;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.Engine;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.EngineException.Reason;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.policy.Candidate;
import dev.approxlite.policy.Policy;
import java.nio.ByteBuffer;
import java.time.LocalTime;
import java.util.function.Supplier;

/**
 * A policy at work on its models: executes what the native step machine asks for, and decides nothing itself. Made by
 * {@link NativeEngines}.
 *
 * <p>Answers are as the models give them; of a policy whose models' outputs are of different kinds, they are float32,
 * the real numbers that these stand for. An answer shorter than {@link #outputBytes} leaves the rest as it was.
 *
 * <p>Belongs to one thread at a time, but for {@link #close}.
 */
public final class Session implements Engine {
    private final Object lock = new Object();
    private final Ladder ladder;
    private final Guard guard;
    private final Controller controller;
    private final InputChange change;
    private final boolean reuses;
    private final ByteBuffer answerBefore;
    private final ByteBuffer uncheckedInput;
    private final float[] inputValues;
    private int uncheckedRung = -1;
    /** What the guard knew when this was closed. */
    private GuardStatus known = GuardStatus.NONE;
    private boolean closed;

    /** Takes {@code ladder} and {@code guard} over; guard null: nothing watches. */
    Session(Policy policy, Ladder ladder, Guard guard) {
        this.ladder = ladder;
        this.guard = guard;
        controller = new Controller(policy, guard == null ? 0 : guard.handle(), ladder.outputCount(), LocalTime.now());
        reuses = policy.candidates().stream().anyMatch(Session::reuses);
        change = new InputChange(reuses || guard != null ? policy.inputRms() : Float.NaN);
        answerBefore = ByteBuffer.allocateDirect(ladder.outputBytes());
        uncheckedInput = ladder.input().allocate();
        inputValues = new float[ladder.input().count()];
    }

    private static boolean reuses(Candidate candidate) {
        return candidate.reuseChange() >= 0;
    }

    @Override
    public int inputBytes() {
        return ladder.input().bytes();
    }

    @Override
    public int outputBytes() {
        return ladder.outputBytes();
    }

    @Override
    public ElementType inputType() {
        return ElementType.valueOf(ladder.input().type().name());
    }

    @Override
    public int rungs() {
        return ladder.rungs();
    }

    @Override
    public long run(int rung, ByteBuffer input, ByteBuffer output) throws EngineException {
        return locked(() -> {
            if (rung < 0 || rung >= ladder.rungs()) {
                throw new IllegalArgumentException("the ladder has no rung " + rung);
            }
            ladder.run(rung, tensor(input, inputBytes(), "input"));
            ladder.copyOutput(rung, tensor(output, outputBytes(), "output"));
            return ladder.nanoseconds();
        });
    }

    @Override
    public Answer answer(ByteBuffer input, ByteBuffer output, InputContext context) throws EngineException {
        return locked(() -> answerLocked(
                tensor(input, inputBytes(), "input"), tensor(output, outputBytes(), "output"), context));
    }

    private Answer answerLocked(ByteBuffer input, ByteBuffer output, InputContext context) {
        finishLocked();
        if (change.known()) {
            ladder.input().read(input, inputValues);
        }
        Step step = controller.begin(filled(context));
        int candidate = step.candidate();
        int chosen = step.reason();
        float chosenEvidence = step.evidence();
        long nanoseconds = 0;
        int ran = 0;
        while (step.action() == Step.RUN) {
            ladder.run(step.rung(), input);
            nanoseconds += ladder.nanoseconds();
            ran |= 1 << step.rung();
            step = controller.observe(ladder.values(), ladder.count(), ladder.nanoseconds() / 1e6f);
        }
        if (step.action() == Step.REUSE) {
            Buffers.copy(answerBefore, output);
        } else {
            ladder.copyOutput(step.rung(), output);
            change.keep(inputValues);
            if (reuses) {
                Buffers.copy(output, answerBefore);
            }
        }
        int rung = step.rung();
        int reason = step.reason();
        float evidence = step.evidence();
        Step after = controller.finish();
        if (after.action() == Step.CHECK) {
            Buffers.copy(input, uncheckedInput);
            uncheckedRung = after.rung();
        }
        return new Answer(
                rung, candidate, chosen, chosenEvidence, reason, evidence, nanoseconds, ran,
                after.action() == Step.CHECK, alarm());
    }

    private InputContext filled(InputContext known) {
        return new InputContext(
                Double.isNaN(known.timeS()) ? NativeEngine.clock() : known.timeS(),
                Float.isNaN(known.inputChange()) ? change.of(inputValues) : known.inputChange(),
                known.deadlineMs(),
                known.battery(),
                known.charging(),
                known.thermalHeadroom());
    }

    @Override
    public Check finish() throws EngineException {
        return locked(this::finishLocked);
    }

    private Check finishLocked() {
        if (uncheckedRung < 0) {
            return null;
        }
        int rung = uncheckedRung;
        uncheckedRung = -1;
        ladder.run(rung, uncheckedInput);
        Step found = controller.check(ladder.values(), ladder.count(), ladder.nanoseconds() / 1e6f);
        return new Check(found.reason() == Step.AGREES, found.evidence(), alarm());
    }

    private int alarm() {
        return guard == null ? 0 : guard.alarm();
    }

    @Override
    public void pin(int rung) {
        synchronized (lock) {
            if (!closed) {
                controller.pin(rung);
            }
        }
    }

    @Override
    public GuardStatus guard() {
        synchronized (lock) {
            return guard == null || closed ? known : guard.status();
        }
    }

    private <T> T locked(Supplier<T> work) throws EngineException {
        synchronized (lock) {
            if (closed) {
                throw new EngineException(Reason.CLOSED, "the session is closed");
            }
            try {
                return work.get();
            } catch (BadTensor problem) {
                throw new EngineException(Reason.BAD_TENSOR, problem.getMessage());
            } catch (IllegalArgumentException | IllegalStateException problem) {
                throw new EngineException(Reason.CANNOT_RUN, problem.getMessage());
            }
        }
    }

    private static final class BadTensor extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BadTensor(String why) {
            super(why);
        }
    }

    private static ByteBuffer tensor(ByteBuffer buffer, int bytes, String what) {
        if (!buffer.isDirect() || buffer.capacity() != bytes) {
            throw new BadTensor("the " + what + " has " + buffer.capacity() + " bytes in "
                    + (buffer.isDirect() ? "a direct buffer" : "an array") + ", not " + bytes + " in a direct buffer");
        }
        return buffer;
    }

    /** Frees the interpreters, after the call under way. A check that was not made is dropped; see {@link #finish}. */
    @Override
    public void close() {
        synchronized (lock) {
            if (!closed) {
                closed = true;
                if (guard != null) {
                    known = guard.status(); // whoever was given an answer before may still have to keep this
                }
                controller.close();
                if (guard != null) {
                    guard.close();
                }
                ladder.close();
            }
        }
    }
}
