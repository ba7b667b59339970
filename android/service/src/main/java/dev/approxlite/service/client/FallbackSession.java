package dev.approxlite.service.client;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Engine;
import dev.approxlite.engine.EngineException;
import dev.approxlite.service.queue.ServiceException;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.util.function.LongSupplier;

/**
 * Every input is answered: by the service, and where that cannot, by an engine in this process, made when it is first
 * needed. A service that failed is asked again after a second, then after two, four and so on, up to a minute. Belongs
 * to one thread, but for {@link #close}, which is idempotent.
 */
public final class FallbackSession implements Closeable {
    /** Makes the engine of this process. */
    public interface Local {
        /** The session's to close. */
        Engine open() throws EngineException;
    }

    /**
     * How an input was answered.
     *
     * @param answer as the engine has it
     * @param byService whether the service's engine answered
     * @param refusal why the service did not; null if it did, or was not asked
     */
    public record Outcome(Answer answer, boolean byService, ServiceException.Reason refusal) {}

    static final long FIRST_REST_NS = 1_000_000_000L;
    static final long LONGEST_REST_NS = 60_000_000_000L;

    private final Remote remote;
    private final Local local;
    private final LongSupplier clockNs;
    private final Object closing = new Object();
    private Engine engine;
    private boolean closed;
    private long restNs;
    private long askAgainNs = Long.MIN_VALUE;

    /** clockNs: of a clock that never goes back. */
    public FallbackSession(Remote remote, Local local, LongSupplier clockNs) {
        this.remote = remote;
        this.local = local;
        this.clockNs = clockNs;
    }

    /**
     * Answers one input.
     *
     * @param context what is known; the service fills in what it knows of the phone itself
     * @throws ServiceException where the request itself is wrong, or this app may not ask
     * @throws EngineException if this process's engine cannot answer either
     */
    public Outcome answer(ByteBuffer input, ByteBuffer output, InputContext context)
            throws ServiceException, EngineException {
        ServiceException.Reason refusal = null;
        if (clockNs.getAsLong() >= askAgainNs) {
            try {
                Answer answer = remote.ask(input, output, context.deadlineMs());
                restNs = 0;
                return new Outcome(answer, true, null);
            } catch (ServiceException problem) {
                refusal = problem.reason();
                if (!refusal.callsForFallback()) {
                    throw problem;
                }
                rest();
            }
        }
        return new Outcome(engine().answer(input, output, context), false, refusal);
    }

    /** Makes the check that this process's engine drew for its last answer, if it did; the service makes its own. */
    public void finish() throws EngineException {
        Engine mine;
        synchronized (closing) {
            mine = engine;
        }
        if (mine != null) {
            mine.finish();
        }
    }

    @Override
    public void close() {
        Engine mine;
        synchronized (closing) {
            if (closed) {
                return;
            }
            closed = true;
            mine = engine;
        }
        remote.close();
        if (mine != null) {
            mine.close();
        }
    }

    private void rest() {
        restNs = restNs == 0 ? FIRST_REST_NS : Math.min(2 * restNs, LONGEST_REST_NS);
        askAgainNs = clockNs.getAsLong() + restNs;
    }

    private Engine engine() throws EngineException {
        synchronized (closing) {
            if (closed) {
                throw new EngineException(EngineException.Reason.CLOSED, "the session is closed");
            }
            if (engine == null) {
                engine = local.open();
            }
            return engine;
        }
    }
}
