package dev.approxlite.service.queue;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.EngineException;
import dev.approxlite.service.engine.EngineProcess;
import dev.approxlite.service.engine.EngineSupervisor;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.io.Closeable;
import java.util.List;
import java.util.function.Consumer;

/**
 * Gives waiting requests to the engine, one at a time and fairly. Where the engine is idle the caller's own thread runs
 * its request, which saves a change of threads; what gathers meanwhile is run by a thread of the dispatcher. An engine
 * that dies takes only the request that it was running with it, and so does whatever else goes wrong. Thread-safe.
 */
public final class Dispatcher implements Closeable {
    /** What is known when an input is answered. */
    public interface Surroundings {
        /** deadlineMs: left, at least 0; NaN: none. */
        InputContext now(float deadlineMs);
    }

    private final Object lock = new Object();
    private final RequestQueue queue;
    private final EngineSupervisor engines;
    private final Surroundings surroundings;
    private final Consumer<String> bugs;
    private final Thread worker = new Thread(this::work, "approxlite-dispatcher");
    private boolean busy;
    private boolean closed;
    private long answered;
    private long failed;

    /**
     * Starts a thread.
     *
     * @param bugs hears in one line of what should not have happened, to whichever request
     * @param most requests that may wait in all
     * @param mostOfOneApp of one uid, the one that runs included
     */
    public Dispatcher(
            EngineSupervisor engines, Surroundings surroundings, Consumer<String> bugs, int most, int mostOfOneApp) {
        this.engines = engines;
        this.surroundings = surroundings;
        this.bugs = bugs;
        queue = new RequestQueue(most, mostOfOneApp);
        worker.setDaemon(true);
        worker.start();
    }

    /**
     * Takes a request; its reply comes on this thread or on another.
     *
     * @throws ServiceException if it is not taken; its reply is not called then
     */
    public void submit(Request request) throws ServiceException {
        Request mine = null;
        synchronized (lock) {
            if (closed) {
                throw new ServiceException(Reason.CLOSED, "the service is closed");
            }
            queue.add(request);
            if (!busy && queue.size() == 1) {
                busy = true;
                mine = queue.next();
            }
        }
        if (mine != null) {
            run(mine);
        }
    }

    /** A session is no more: nothing of it that waits runs, and what runs has nobody to answer. */
    public void forget(Object session) {
        List<Request> left;
        synchronized (lock) {
            left = queue.remove(session);
        }
        for (Request each : left) {
            each.failed(Reason.CANCELLED, "the session was closed");
        }
    }

    /** Requests that wait. */
    public int waiting() {
        synchronized (lock) {
            return queue.size();
        }
    }

    /** Requests that were answered since the start. */
    public long answered() {
        synchronized (lock) {
            return answered;
        }
    }

    /** Requests that were given an error since the start. */
    public long failed() {
        synchronized (lock) {
            return failed;
        }
    }

    @Override
    public void close() {
        List<Request> left;
        synchronized (lock) {
            closed = true;
            left = queue.remove(null);
            lock.notifyAll();
        }
        for (Request each : left) {
            each.failed(Reason.CLOSED, "the service was closed");
        }
    }

    private void work() {
        for (;;) {
            Request next;
            synchronized (lock) {
                while (!closed && (busy || queue.size() == 0)) {
                    try {
                        lock.wait();
                    } catch (InterruptedException asked) {
                        return;
                    }
                }
                if (closed) {
                    return;
                }
                busy = true;
                next = queue.next();
            }
            run(next);
        }
    }

    private void run(Request request) {
        long begin = System.nanoTime();
        boolean wasAnswered = false;
        try {
            wasAnswered = answer(request, true);
        } finally {
            synchronized (lock) {
                queue.done(request, System.nanoTime() - begin);
                if (wasAnswered) {
                    ++answered;
                } else {
                    ++failed;
                }
                busy = false;
                if (queue.size() > 0) {
                    lock.notifyAll();
                }
            }
        }
    }

    /** again: whether an engine that was ended or buried meanwhile, by another thread, may be made up for. */
    private boolean answer(Request request, boolean again) {
        if (request.isSettled()) {
            return false;
        }
        EngineProcess engine = null;
        try {
            engine = engines.engine();
            ServiceException refusal = request.refusal(); // asked of the engine's policy, not of one before
            if (refusal != null) {
                throw refusal;
            }
            Answer answer = engine.answer(
                    request.region, request.inputOffset, request.outputOffset,
                    surroundings.now(request.leftMs(System.nanoTime())));
            request.answered(answer);
            engines.answered(engine, answer);
            return true;
        } catch (ServiceException problem) {
            request.failed(problem.reason(), problem.getMessage());
        } catch (EngineException problem) {
            if (again && engine != null && !engines.isCurrent(engine)) {
                return answer(request, false);
            }
            request.failed(reason(problem), problem.getMessage());
            engines.failed(engine, problem);
        } catch (RuntimeException | Error bug) {
            // No request is worth the process, which all other clients are in as well.
            request.failed(Reason.CANNOT_RUN, "the service failed: " + bug);
            bugs.accept("a request: " + bug);
        }
        return false;
    }

    private static Reason reason(EngineException problem) {
        switch (problem.reason()) {
            case DIED:
                return Reason.ENGINE_DIED;
            case BAD_TENSOR:
                return Reason.BAD_TENSOR;
            case CLOSED:
                return Reason.CLOSED;
            default:
                return Reason.CANNOT_RUN;
        }
    }
}
