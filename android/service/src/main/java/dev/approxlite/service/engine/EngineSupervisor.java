package dev.approxlite.service.engine;

import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.policy.CertificateText;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.service.policy.GuardStates;
import dev.approxlite.service.queue.ServiceException;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.io.Closeable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Keeps an engine for the policy that is followed: starts one when it is needed, a new one when it died, and none for
 * half a minute where it died too often within one. Regions are made known to every new engine. Thread-safe.
 */
public final class EngineSupervisor implements Closeable {
    /** What an engine did. Calls may hold locks: what takes time or calls back is for another thread. */
    public interface Listener {
        /** An answer was given by this policy; what was checked of it, null for nothing. */
        void answered(PolicyArchive policy, Answer answer, Check check);

        /** What the guard knows has changed and is to be kept. */
        void guarded(PolicyArchive policy, GuardStatus guard);

        /** A process died; how often since the policy is followed. */
        void died(PolicyArchive policy, int deaths);

        /** An engine could not be started, though none died; how often in a row. */
        void notStarted(PolicyArchive policy, EngineException why, int times);
    }

    /** What {@code mostDeaths} is on a phone. */
    public static final int MOST_DEATHS = 5;

    private final EngineLauncher launcher;
    private final Listener listener;
    private final Map<Integer, Region> regions = new LinkedHashMap<>();
    /**
     * Held while a guard's state is fetched and kept, and while another policy's is taken up, so that neither misses
     * the other's. Taken before this object's monitor.
     */
    private final Object keeping = new Object();
    /** Held while a process starts, which takes its time; taken before this object's monitor, which is not held then. */
    private final Object starting = new Object();
    private final RecentDeaths recent;
    private volatile PolicyArchive policy;
    private byte[] guardState;
    /** That the listener was told of last. */
    private int alarm;
    private EngineProcess engine;
    /** The engine before, and whose it was: what it told last is still to be kept. */
    private EngineProcess ended;
    private PolicyArchive endedPolicy;
    private volatile int deaths;
    private int notStarted;
    private int nextRegion = 1;
    private volatile int pinned = -1;
    private boolean closed;

    /** clockNs: of a clock that never goes back; mostDeaths: within a minute, before engines are left alone. */
    public EngineSupervisor(EngineLauncher launcher, Listener listener, LongSupplier clockNs, int mostDeaths) {
        this.launcher = launcher;
        this.listener = listener;
        recent = new RecentDeaths(clockNs, mostDeaths);
    }

    /**
     * From the next request on this policy is followed; null: there is none.
     *
     * @param savedGuard gives the state of its guard, once that of the policy before is kept
     */
    public void follow(PolicyArchive next, Supplier<byte[]> savedGuard) {
        synchronized (keeping) {
            begin(next, savedGuard);
        }
    }

    private synchronized void begin(PolicyArchive next, Supplier<byte[]> savedGuard) {
        PolicyArchive before = policy;
        policy = next; // first, so that whoever named a policy is refused rather than answered while it changes
        end(before);
        guardState = savedGuard.get();
        alarm = 0;
        deaths = 0;
        notStarted = 0;
        pinned = -1;
        recent.forget();
    }

    /** The policy that is followed; null: none. */
    public PolicyArchive policy() {
        return policy;
    }

    /** How many processes died since the policy is followed. */
    public int deaths() {
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
     * From the next input on always this rung of that policy, also after a death, until another one is followed;
     * negative: as the policy says.
     */
    public synchronized void pin(PolicyArchive of, int rung) throws ServiceException {
        if (policy != of) {
            throw new ServiceException(Reason.POLICY_CHANGED, "another policy is followed by now; pin its rung");
        }
        if (policy == null || rung >= policy.policy().ladder().size()) {
            throw new ServiceException(Reason.NO_POLICY, "there is no rung " + rung + " in what is followed");
        }
        pinned = rung;
        if (engine != null) {
            try {
                engine.pin(rung);
            } catch (EngineException problem) {
                failed(engine, problem); // the next engine is pinned when it starts
            }
        }
    }

    /** The rung that every input is answered by; negative: as the policy says. */
    public int pinned() {
        return pinned;
    }

    /**
     * The engine to ask, started if need be. While one starts, only those who ask for one wait for it.
     *
     * @throws ServiceException if there is no policy, or engines die too often
     * @throws EngineException if one cannot be started
     */
    public EngineProcess engine() throws ServiceException, EngineException {
        EngineProcess there = running();
        if (there != null) {
            return there;
        }
        synchronized (starting) {
            while ((there = running()) == null) {
                PolicyArchive next;
                byte[] state;
                synchronized (this) {
                    recent.check();
                    next = policy;
                    state = guardState;
                }
                if (next != null) {
                    start(next, state);
                }
            }
            return there;
        }
    }

    /** Null where one has to be started; one that died while nothing was asked of it is no loss to whoever asks now. */
    private synchronized EngineProcess running() throws ServiceException {
        if (closed) {
            throw new ServiceException(Reason.CLOSED, "the service is closed");
        }
        if (policy == null) {
            throw new ServiceException(Reason.NO_POLICY,
                    "there is no policy to follow; push one, or compute in-process");
        }
        if (engine != null && !engine.isAlive()) {
            bury();
        }
        return engine;
    }

    /** Whether this engine is the one that is asked now; one that another policy's replaced is not. */
    public synchronized boolean isCurrent(EngineProcess asked) {
        return asked == engine;
    }

    /**
     * What came after an answer: the check that was drawn, and the guard's state, which is kept before anything else
     * when something was checked, or the answer's own output raised an alarm.
     */
    public void answered(EngineProcess asked, Answer answer) {
        PolicyArchive followed;
        synchronized (this) {
            followed = asked == engine ? policy : null;
        }
        Check check = null;
        int latched = answer.alarm();
        try {
            check = answer.checkDue() ? asked.finish() : null;
            latched = check == null ? latched : check.alarm();
            if (check != null || isNews(latched)) {
                keepGuard(asked, latched);
            }
        } catch (EngineException problem) {
            if (latched != 0) {
                keepLatched(asked, latched);
            }
            failed(asked, problem);
        }
        if (followed != null) {
            listener.answered(followed, answer, check);
        }
    }

    /**
     * An engine failed: one that died is replaced when the next request comes, and its death counts once, whoever saw
     * it.
     */
    public synchronized void failed(EngineProcess asked, EngineException problem) {
        if (problem.reason() == EngineException.Reason.DIED && asked != null && asked == engine) {
            bury();
        }
    }

    private void bury() {
        end(policy);
        recent.add();
        ++deaths;
        if (policy != null) {
            listener.died(policy, deaths);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        end(policy);
        for (Region each : regions.values()) {
            each.close();
        }
        regions.clear();
    }

    private synchronized boolean isNews(int latched) {
        return latched != alarm;
    }

    private void keepGuard(EngineProcess asked, int latched) throws EngineException {
        synchronized (keeping) {
            GuardStatus guard = asked.guard();
            if (guard.state().length == GuardStates.BYTES) {
                keep(asked, guard, latched);
            } else if (latched != 0) {
                keepLatched(asked, latched);
            } // else it knows nothing that might take the place of what was kept before
        }
    }

    /** Of an engine that told of an alarm and gives no state any more: one that no guard can read stays latched. */
    private void keepLatched(EngineProcess asked, int latched) {
        synchronized (keeping) {
            synchronized (this) {
                PolicyArchive its = policyOf(asked);
                if (its == null || its.policy().certificate() == null || asked == engine && !isNews(latched)) {
                    return; // nothing guards it, or it was told of
                }
            }
            keep(asked, new GuardStatus(latched, 0, 0, 0, Double.NaN, Double.NaN, GuardStates.unreadable()), latched);
        }
    }

    /** Called with {@link #keeping}. */
    private void keep(EngineProcess asked, GuardStatus guard, int latched) {
        PolicyArchive its;
        synchronized (this) {
            its = policyOf(asked);
            if (its == null) {
                return;
            }
            if (asked == engine) {
                guardState = guard.state();
                alarm = latched;
            } else if (policy != null && sameCertificate(its, policy)) {
                guardState = guard.state();
                end(policy); // the one that started meanwhile knows less
            }
        }
        listener.guarded(its, guard);
    }

    /** That this engine was started for; null where two others were started since. */
    private PolicyArchive policyOf(EngineProcess asked) {
        return asked == engine ? policy : asked == ended ? endedPolicy : null;
    }

    private static boolean sameCertificate(PolicyArchive one, PolicyArchive other) {
        String name = CertificateText.name(one);
        return name != null && name.equals(CertificateText.name(other));
    }

    /** Where another policy, or state of its guard, came meanwhile, what was started is ended. */
    private void start(PolicyArchive next, byte[] state) throws EngineException {
        EngineProcess started = null;
        boolean taken = false;
        try {
            started = launcher.launch(next, state);
            taken = take(started, next, state);
        } catch (EngineException problem) {
            if (isStillWanted(next, problem)) {
                throw problem;
            }
        } finally {
            if (started != null && !taken) {
                started.close();
            }
        }
    }

    private synchronized boolean take(EngineProcess started, PolicyArchive next, byte[] state) throws EngineException {
        if (closed || policy != next || guardState != state) {
            return false;
        }
        for (Map.Entry<Integer, Region> each : regions.entrySet()) {
            started.attach(each.getKey(), each.getValue());
        }
        if (pinned >= 0) {
            started.pin(pinned);
        }
        engine = started;
        notStarted = 0;
        return true;
    }

    /** Tells of an engine that could not be started; whether that is anybody's business still. */
    private synchronized boolean isStillWanted(PolicyArchive next, EngineException problem) {
        if (closed || policy != next) {
            return false;
        }
        if (problem.reason() == EngineException.Reason.DIED) {
            bury();
        } else {
            listener.notStarted(next, problem, ++notStarted);
        }
        return true;
    }

    private void end(PolicyArchive its) {
        if (engine != null) {
            engine.close();
            ended = engine;
            endedPolicy = its;
            engine = null;
        }
    }
}
