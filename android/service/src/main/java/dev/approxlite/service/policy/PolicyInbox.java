package dev.approxlite.service.policy;

import dev.approxlite.audit.AuditLog;
import dev.approxlite.audit.AuditLog.Event;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.engine.Names;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.policy.PolicyStore;
import dev.approxlite.policy.TrustedKeys;
import dev.approxlite.service.engine.EngineSupervisor;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/**
 * Takes policies from outside: verified, staged, then on trial while they answer. A policy on trial whose canaries
 * alarm, or whose engine dies twice, is rolled back by itself; one that answered {@code trialAnswers} inputs is kept.
 * Everything is written down. Thread-safe.
 */
public final class PolicyInbox implements EngineSupervisor.Listener {
    static final int TRIAL_DEATHS = 2;
    /** Switches within a second of the last one that was written down are not. */
    static final long SWITCH_EVERY_NS = 1_000_000_000L;

    private final PolicyStore store;
    private final GuardStates guards;
    private final AuditLog audit;
    private final Supplier<TrustedKeys> keys;
    private final PolicyStore.Admission admission;
    private final Executor executor;
    private final int trialAnswers;
    private final Tally tally = new Tally();
    private EngineSupervisor engines;
    private volatile boolean onTrial;
    private volatile int lastCandidate = Integer.MIN_VALUE;
    private volatile int alarm;
    private volatile String problem = "";
    private long switchAtNs = Long.MIN_VALUE / 2;

    /** executor: one thread, on which what engines tell is worked off. */
    public PolicyInbox(
            PolicyStore store,
            GuardStates guards,
            AuditLog audit,
            Supplier<TrustedKeys> keys,
            PolicyStore.Admission admission,
            Executor executor,
            int trialAnswers) {
        this.store = store;
        this.guards = guards;
        this.audit = audit;
        this.keys = keys;
        this.admission = admission;
        this.executor = executor;
        this.trialAnswers = trialAnswers;
    }

    /** Follows what the store has. Call once, before anything else. */
    public synchronized void start(EngineSupervisor supervisor) throws IOException {
        engines = supervisor;
        if (store.wasDamaged()) {
            audit.append(Event.POLICY, "unknown", "exact", "the store's state cannot be read", Double.NaN);
        }
        follow(store.running());
    }

    /**
     * Takes a policy from outside and follows it on trial.
     *
     * @param archive bytes of policy.approx
     * @param from who brought it, for the log
     * @return its sequence number
     * @throws PolicyException with the reason why not; the running policy is untouched
     * @throws IOException if it cannot be written; the running policy is untouched
     */
    public synchronized long receive(byte[] archive, String from) throws PolicyException, IOException {
        PolicyArchive taken;
        String before = name(engines.policy());
        try {
            taken = store.install(archive, keys.get(), admission);
        } catch (PolicyException refused) {
            audit.append(
                    Event.POLICY, before, before, "refused from " + from + ": " + refused.reason() + ", "
                            + refused.getMessage(), Double.NaN);
            throw refused;
        }
        guards.begin(taken.sha256());
        audit.append(Event.POLICY, before, name(taken), "on trial, from " + from, Double.NaN);
        follow(taken);
        return taken.policy().sequence();
    }

    /**
     * Back to the last good policy, from that to the good one before it, or to exact; {@code why} goes to the log.
     *
     * @throws IOException if exact runs already, or it cannot be written
     */
    public synchronized void rollBack(String why) throws IOException {
        if (engines.policy() == null) {
            throw new IOException("there is no policy to take back: exact runs already");
        }
        String before = name(engines.policy());
        PolicyArchive back = store.rollBack();
        audit.append(Event.POLICY, before, name(back), "rolled back: " + why, Double.NaN);
        follow(back);
    }

    /** Whether the policy that is followed still has to prove itself. */
    public boolean onTrial() {
        return onTrial;
    }

    /** Saved state of the running policy's guard; null where nothing is followed. */
    public byte[] guardState() {
        PolicyArchive policy = engines.policy();
        return policy == null ? null : guards.load(policy.sha256());
    }

    /** What was answered since the policy is followed. */
    public Tally tally() {
        return tally;
    }

    /** Answers after which a policy on trial is kept. */
    public int trialAnswers() {
        return trialAnswers;
    }

    /** {@code approx_alarm} that the guard last told of; 0: none. */
    public int alarm() {
        return alarm;
    }

    /** What could not be written down or carried out last; "" if all could. */
    public String problem() {
        return problem;
    }

    /** Something failed that only the status can tell of. */
    public void note(String failure) {
        problem = failure;
    }

    @Override
    public void answered(Answer answer, Check check) {
        long count = tally.add(answer);
        int candidate = answer.candidate();
        if (candidate != lastCandidate) {
            int before = lastCandidate;
            lastCandidate = candidate;
            later(() -> switched(before, answer));
        }
        if (check != null && check.alarm() != 0 && check.alarm() != alarm) {
            alarm = check.alarm();
            later(() -> alarmed(check));
        } else if (onTrial && count == trialAnswers) {
            later(this::confirm);
        }
    }

    @Override
    public void guarded(PolicyArchive policy, GuardStatus guard) {
        tally.guarded(guard);
        attempt(() -> guards.save(policy.sha256(), guard.state()));
    }

    @Override
    public void died(PolicyArchive policy, int deaths) {
        later(() -> buried(policy, deaths));
    }

    private interface Work {
        void run() throws IOException;
    }

    private void later(Work work) {
        try {
            executor.execute(() -> attempt(work));
        } catch (RejectedExecutionException closing) {
            problem = "the service was closed before its last answer was";
        }
    }

    private void attempt(Work work) {
        try {
            work.run();
        } catch (IOException failed) {
            problem = String.valueOf(failed.getMessage());
        }
    }

    private synchronized void switched(int before, Answer answer) throws IOException {
        long now = System.nanoTime();
        if (before != Integer.MIN_VALUE && now - switchAtNs >= SWITCH_EVERY_NS) {
            switchAtNs = now;
            audit.append(
                    Event.SWITCH, "candidate " + before, "candidate " + answer.candidate(),
                    Names.reason(answer.chosen()), answer.chosenEvidence());
        }
    }

    private synchronized void alarmed(Check check) throws IOException {
        audit.append(Event.ALARM, name(engines.policy()), "exact", "alarm " + Names.alarm(check.alarm()), check.loss());
        if (onTrial) {
            rollBack("canaries alarmed on trial");
        }
    }

    private synchronized void confirm() throws IOException {
        if (onTrial && tally.answers() >= trialAnswers) {
            store.confirm();
            onTrial = false;
            audit.append(Event.POLICY, name(engines.policy()), name(engines.policy()), "kept: trial passed",
                    tally.answers());
            sweep();
        }
    }

    private synchronized void buried(PolicyArchive policy, int deaths) throws IOException {
        audit.append(Event.ALARM, name(policy), name(policy), "its engine died", deaths);
        if (onTrial && policy == engines.policy() && deaths >= TRIAL_DEATHS) {
            rollBack("its engine died " + deaths + " times on trial");
        }
    }

    private void follow(PolicyArchive next) throws IOException {
        tally.begin();
        alarm = 0;
        lastCandidate = Integer.MIN_VALUE;
        onTrial = next != null && store.onTrial();
        engines.follow(next, next == null ? null : guards.load(next.sha256()));
        if (!onTrial) {
            sweep();
        }
    }

    private void sweep() throws IOException {
        guards.keepOnly(store.names());
    }

    private static String name(PolicyArchive policy) {
        return policy == null ? "exact" : "policy " + policy.policy().sequence() + " " + policy.sha256().substring(0,
                16);
    }
}
