package dev.approxlite.service.engine;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.GuardStatus;
import java.io.Closeable;

/**
 * An engine in a process of its own, with one policy's models ready. Every call throws {@link
 * EngineException.Reason#DIED} once the process is no more. Thread-safe: calls wait for the one under way, but for
 * {@link #close}, which ends that too.
 */
public interface EngineProcess extends Closeable {
    /** Of one sample. */
    int inputBytes();

    /** Of one answer. */
    int outputBytes();

    /** Makes memory known under a number. */
    void attach(int id, Region region) throws EngineException;

    /** Forgets it; unknown numbers are fine. */
    void detach(int id) throws EngineException;

    /** Answers the input that lies at {@code inputOffset} of a region, into {@code outputOffset} of it. */
    Answer answer(int region, int inputOffset, int outputOffset, InputContext context) throws EngineException;

    /** See {@link dev.approxlite.engine.Engine#finish}. */
    Check finish() throws EngineException;

    /** See {@link dev.approxlite.engine.Engine#pin}. */
    void pin(int rung) throws EngineException;

    /** See {@link dev.approxlite.engine.Engine#guard}. */
    GuardStatus guard() throws EngineException;

    /**
     * False once the process is known to have died, or was closed. Costs next to nothing and waits for no call; one
     * that died this moment may count as alive still.
     */
    boolean isAlive();

    /** Ends the process; idempotent. */
    @Override
    void close();
}
