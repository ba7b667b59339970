package dev.approxlite.service.client;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.Engine;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.policy.Policy;
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
     * @param policy of the service's answer, whose rungs it names; null where this process answered, by its own
     */
    public record Outcome(Answer answer, boolean byService, ServiceException.Reason refusal, Policy policy) {}

    static final long FIRST_REST_NS = 1_000_000_000L;
    static final long LONGEST_REST_NS = 60_000_000_000L;

    private final Remote remote;
    private final Local local;
    private final LongSupplier clockNs;
    private final Object closing = new Object();
    private Engine engine;
    private ServiceException lastRefusal;
    private boolean closed;
    private boolean lastByService;
    private int pinned = -1;
    private long restNs;
    private long askAgainNs = Long.MIN_VALUE;

    /** remote: null where there is no service to ask; clockNs: of a clock that never goes back. */
    public FallbackSession(Remote remote, Local local, LongSupplier clockNs) {
        this.remote = remote;
        this.local = local;
        this.clockNs = clockNs;
    }

    /**
     * From the next input on always this rung of this process's engine, for the service's is not one app's to pin;
     * negative: as policies say, the service's where it answers.
     */
    public void pin(int rung) {
        synchronized (closing) {
            pinned = Math.max(-1, rung);
            if (engine != null && !closed) {
                engine.pin(pinned);
            }
        }
    }

    /**
     * Answers one input.
     *
     * @param context what is known; the service fills in what it knows of the phone itself
     * @throws ServiceException where the request itself is wrong
     * @throws EngineException if this process's engine cannot answer either; where it cannot even be made, the message
     *     says why the service did not answer too
     */
    public Outcome answer(ByteBuffer input, ByteBuffer output, InputContext context)
            throws ServiceException, EngineException {
        ServiceException.Reason refusal = null;
        if (remote != null && pinned < 0 && clockNs.getAsLong() >= askAgainNs) {
            try {
                Answer answer = remote.ask(input, output, context.deadlineMs());
                restNs = 0;
                lastByService = true;
                return new Outcome(answer, true, null, remote.policy());
            } catch (ServiceException problem) {
                lastRefusal = problem;
                refusal = problem.reason();
                if (!refusal.callsForFallback()) {
                    throw problem;
                }
                rest();
            }
        }
        Answer answer = engine().answer(input, output, context);
        lastByService = false;
        return new Outcome(answer, false, refusal, null);
    }

    /**
     * What the guard of the engine that answered last knows.
     *
     * @throws ServiceException where that was the service's, and it is not there any more
     */
    public GuardStatus guard() throws ServiceException {
        if (lastByService) {
            return remote.guard();
        }
        synchronized (closing) {
            return engine == null || closed ? GuardStatus.NONE : engine.guard();
        }
    }

    /**
     * Makes the check that this process's engine drew for its last answer, if it did; the service makes its own.
     *
     * @return what it found; null where nothing was checked here
     */
    public Check finish() throws EngineException {
        Engine mine;
        synchronized (closing) {
            mine = engine;
        }
        return mine == null || lastByService ? null : mine.finish();
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
        if (remote != null) {
            remote.close();
        }
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
                engine = opened();
                if (pinned >= 0) {
                    engine.pin(pinned);
                }
            }
            return engine;
        }
    }

    private Engine opened() throws EngineException {
        try {
            return local.open();
        } catch (EngineException problem) {
            if (lastRefusal == null) {
                throw problem;
            }
            String service = "; the service did not answer: " + lastRefusal.reason() + ", " + lastRefusal.getMessage();
            throw new EngineException(problem.reason(), problem.getMessage() + service);
        }
    }
}
