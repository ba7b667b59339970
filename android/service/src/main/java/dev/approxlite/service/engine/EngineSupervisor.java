package dev.approxlite.service.engine;

import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.service.queue.ServiceException;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.io.Closeable;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Keeps an engine for the policy that is followed: starts one when it is needed, a new one when it died, and none for
 * half a minute where it died too often within one. Regions are made known to every new engine. Thread-safe.
 */
public final class EngineSupervisor implements Closeable {
    /** What an engine did. Calls may hold locks: what takes time or calls back is for another thread. */
    public interface Listener {
        /** An answer was given; what was checked of it, null for nothing. */
        void answered(Answer answer, Check check);

        /** What the guard knows has changed and is to be kept. */
        void guarded(PolicyArchive policy, GuardStatus guard);

        /** A process died; how often since the policy is followed. */
        void died(PolicyArchive policy, int deaths);
    }

    /** What {@code mostDeaths} is on a phone. */
    public static final int MOST_DEATHS = 5;

    static final long WITHIN_NS = 60_000_000_000L;
    static final long REST_NS = 30_000_000_000L;

    private final EngineLauncher launcher;
    private final Listener listener;
    private final LongSupplier clockNs;
    private final int mostDeaths;
    private final Map<Integer, Region> regions = new LinkedHashMap<>();
    private final ArrayDeque<Long> deathsNs = new ArrayDeque<>();
    private PolicyArchive policy;
    private byte[] guardState;
    private EngineProcess engine;
    private int deaths;
    private int nextRegion = 1;
    private int pinned = -1;
    private boolean closed;

    /** clockNs: of a clock that never goes back; mostDeaths: within a minute, before engines are left alone. */
    public EngineSupervisor(EngineLauncher launcher, Listener listener, LongSupplier clockNs, int mostDeaths) {
        this.launcher = launcher;
        this.listener = listener;
        this.clockNs = clockNs;
        this.mostDeaths = mostDeaths;
    }

    /** From the next request on this policy is followed; null: there is none. */
    public synchronized void follow(PolicyArchive next, byte[] savedGuard) {
        end();
        policy = next;
        guardState = savedGuard;
        deaths = 0;
        pinned = -1;
        deathsNs.clear();
    }

    /** The policy that is followed; null: none. */
    public synchronized PolicyArchive policy() {
        return policy;
    }

    /** How many processes died since the policy is followed. */
    public synchronized int deaths() {
        return deaths;
    }

    /** Makes memory known to this engine and those after it; the supervisor closes it. Returns its number. */
    public synchronized int attach(Region region) {
        int id = nextRegion++;
        regions.put(id, region);
        if (engine != null) {
            try {
                engine.attach(id, region);
            } catch (EngineException problem) {
                failed(engine, problem);
            }
        }
        return id;
    }

    /** Forgets memory and closes it; unknown numbers are fine. */
    public synchronized void detach(int id) {
        Region region = regions.remove(id);
        if (region == null) {
            return;
        }
        if (engine != null) {
            try {
                engine.detach(id);
            } catch (EngineException problem) {
                failed(engine, problem);
            }
        }
        region.close();
    }

    /** Regions that are known. */
    public synchronized int regions() {
        return regions.size();
    }

    /**
     * From the next input on always this rung, also after a death, until another policy is followed; negative: as the
     * policy says.
     */
    public synchronized void pin(int rung) throws ServiceException {
        if (policy == null || rung >= policy.policy().ladder().size()) {
            throw new ServiceException(Reason.NO_POLICY, "there is no rung " + rung + " in what is followed");
        }
        pinned = rung;
        try {
            engine().pin(rung);
        } catch (EngineException problem) {
            failed(engine, problem); // the next engine is pinned when it starts
        }
    }

    /** The rung that every input is answered by; negative: as the policy says. */
    public synchronized int pinned() {
        return pinned;
    }

    /**
     * The engine to ask, started if need be.
     *
     * @throws ServiceException if there is no policy, or engines die too often
     * @throws EngineException if one cannot be started
     */
    public synchronized EngineProcess engine() throws ServiceException, EngineException {
        if (closed) {
            throw new ServiceException(Reason.CLOSED, "the service is closed");
        }
        if (policy == null) {
            throw new ServiceException(Reason.NO_POLICY,
                    "there is no policy to follow; push one, or compute in-process");
        }
        if (engine == null) {
            rest();
            start();
        }
        return engine;
    }

    /** Whether this engine is the one that is asked now; one that another policy's replaced is not. */
    public synchronized boolean isCurrent(EngineProcess asked) {
        return asked == engine;
    }

    /**
     * What came after an answer: the check that was drawn, and the guard's state, which is kept before anything else.
     */
    public void answered(EngineProcess asked, Answer answer) {
        try {
            Check check = answer.checkDue() ? asked.finish() : null;
            if (check != null) {
                keepGuard(asked);
            }
            listener.answered(answer, check);
        } catch (EngineException problem) {
            failed(asked, problem);
        }
    }

    /** An engine failed: one that died is replaced when the next request comes. */
    public void failed(EngineProcess asked, EngineException problem) {
        if (problem.reason() != EngineException.Reason.DIED) {
            return;
        }
        PolicyArchive followed;
        int count;
        synchronized (this) {
            if (asked != null && asked != engine) {
                return; // it was replaced already
            }
            end();
            deathsNs.addLast(clockNs.getAsLong());
            count = ++deaths;
            followed = policy;
        }
        if (followed != null) {
            listener.died(followed, count);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        end();
        for (Region each : regions.values()) {
            each.close();
        }
        regions.clear();
    }

    private void keepGuard(EngineProcess asked) throws EngineException {
        GuardStatus guard = asked.guard();
        PolicyArchive followed;
        synchronized (this) {
            if (asked != engine) {
                return;
            }
            guardState = guard.state();
            followed = policy;
        }
        listener.guarded(followed, guard);
    }

    private void rest() throws ServiceException {
        long now = clockNs.getAsLong();
        while (!deathsNs.isEmpty() && now - deathsNs.peekFirst() > WITHIN_NS) {
            deathsNs.removeFirst();
        }
        if (deathsNs.size() >= mostDeaths) {
            if (now - deathsNs.peekLast() < REST_NS) {
                throw new ServiceException(
                        Reason.ENGINE_UNAVAILABLE, "the engine died " + deathsNs.size()
                                + " times; compute in-process for a while");
            }
            deathsNs.clear();
        }
    }

    private void start() throws EngineException {
        EngineProcess started = null;
        try {
            started = launcher.launch(policy, guardState);
            for (Map.Entry<Integer, Region> each : regions.entrySet()) {
                started.attach(each.getKey(), each.getValue());
            }
            if (pinned >= 0) {
                started.pin(pinned);
            }
            engine = started;
        } catch (EngineException problem) {
            if (started != null) {
                started.close();
            }
            throw problem;
        }
    }

    private void end() {
        if (engine != null) {
            engine.close();
            engine = null;
        }
    }
}
