package dev.approxlite.service.policy;

import dev.approxlite.audit.AuditLog;
import dev.approxlite.audit.AuditLog.Event;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.engine.Names;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.policy.PolicyStore;
import dev.approxlite.policy.TrustedKeys;
import dev.approxlite.service.engine.EngineSupervisor;
import dev.approxlite.service.queue.ServiceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/**
 * Takes policies from outside: verified, staged, then on trial while they answer. A policy on trial whose guard
 * alarms, or whose engine dies twice, is rolled back by itself; one that answered {@code trialAnswers} inputs is kept.
 * One that cannot be run here any more, whose time is over or whose key is no longer trusted, is left, on trial or not.
 * Everything is written down, after it is done; what cannot be written is {@link #problem}. Thread-safe.
 */
public final class PolicyInbox implements EngineSupervisor.Listener {
    static final int TRIAL_DEATHS = 2;
    /** {@code approx_alarm} of canaries. */
    private static final int DISAGREEMENT = 1;
    /** So often an engine may not be started for another reason than its death; other bits are reason at once. */
    static final int UNUSABLE_TIMES = 3;
    /** What could not be written is tried again so much later. */
    static final long SETTLE_EVERY_NS = 1_000_000_000L;

    private final PolicyStore store;
    private final GuardStates guards;
    private final ModelFolder models;
    private final AuditLog audit;
    private final Switches switches;
    private final Supplier<TrustedKeys> keys;
    private final PolicyStore.Admission admission;
    private final Executor executor;
    private final Validity validity;
    private final int trialAnswers;
    /** Held by whoever brings a policy, one at a time; never taken by whoever holds this inbox. */
    private final Object receiving = new Object();
    private EngineSupervisor engines;
    private volatile Followed followed = new Followed(null, false);
    private volatile String problem = "";
    private volatile boolean unsettled;
    private volatile long settleAtNs = System.nanoTime();

    /**
     * Follows nothing yet.
     *
     * @param executor one thread, on which what engines tell is worked off
     * @param clock the phone's, for how long policies hold
     * @param trialAnswers after which a policy on trial is kept
     */
    public PolicyInbox(
            PolicyStore store,
            GuardStates guards,
            ModelFolder models,
            AuditLog audit,
            Supplier<TrustedKeys> keys,
            PolicyStore.Admission admission,
            Executor executor,
            Clock clock,
            int trialAnswers) {
        this.store = store;
        this.guards = guards;
        this.models = models;
        this.audit = audit;
        switches = new Switches(audit);
        this.keys = keys;
        this.admission = admission;
        this.executor = executor;
        validity = new Validity(clock, keys);
        this.trialAnswers = trialAnswers;
    }

    /** Follows what the store has and may still be followed. Call once, before anything else. */
    public synchronized void start(EngineSupervisor supervisor) {
        engines = supervisor;
        if (store.wasDamaged()) {
            write(Event.POLICY, "unknown", "exact", "the store's state cannot be read", Double.NaN);
        }
        follow(running());
        recheck();
    }

    /** As below, of bytes in memory. */
    public long receive(byte[] archive, String from) throws PolicyException, IOException {
        return receive(ByteBuffer.wrap(archive), from);
    }

    /**
     * Takes a policy from outside and follows it on trial. Nothing else waits while it is tried.
     *
     * @param archive all of policy.approx; not copied, and not to be changed afterwards
     * @param from who brought it, for the log
     * @return its sequence number
     * @throws PolicyException with the reason why not; the running policy is untouched
     * @throws IOException if it could not be tried now or cannot be written; the running policy is untouched
     */
    public long receive(ByteBuffer archive, String from) throws PolicyException, IOException {
        try {
            PolicyArchive taken;
            synchronized (receiving) {
                taken = store.check(archive, keys.get());
                admission.admit(taken);
            }
            install(taken, from);
            return taken.policy().sequence();
        } catch (PolicyException refused) {
            String running = name(engines.policy());
            write(Event.POLICY, running, running, "refused from " + from + ": " + refused.reason() + ", "
                    + refused.getMessage(), Double.NaN);
            throw refused;
        }
    }

    private synchronized void install(PolicyArchive taken, String from) throws PolicyException, IOException {
        keys.get().signerOf(taken); // while it was tried, its key may have been forgotten
        String before = name(engines.policy());
        guards.begin(taken); // before the store names it: without a state, exact is latched
        store.install(taken);
        follow(taken);
        write(Event.POLICY, before, name(taken), "on trial, from " + from, Double.NaN);
    }

    /** As below, from whatever is followed when this is called. */
    public void rollBack(String why) throws IOException, ServiceException {
        rollBack(null, why);
    }

    /**
     * Back to the last good policy, from that to the good one before it, or to exact.
     *
     * @param sha256 of the policy that is meant, for whoever looked before; null: what is followed when this is called
     * @param why for the log
     * @throws IOException if exact runs already, or it cannot be written: then it is back only until the next start
     * @throws ServiceException if another policy than that is followed, or came to be at that moment
     */
    public void rollBack(String sha256, String why) throws IOException, ServiceException {
        PolicyArchive meant = engines.policy();
        if (sha256 != null && (meant == null || !meant.sha256().equals(sha256))) {
            throw changed();
        }
        synchronized (this) {
            leave(meant, why);
        }
    }

    private static ServiceException changed() {
        return new ServiceException(
                ServiceException.Reason.POLICY_CHANGED, "another policy is followed by now; look again");
    }

    private void leave(PolicyArchive meant, String why) throws IOException, ServiceException {
        if (engines.policy() != meant) {
            throw changed();
        }
        if (meant == null) {
            if (unsettled) {
                settle();
                return;
            }
            throw new IOException("there is no policy to take back: exact runs already");
        }
        takeBack(why, () -> {});
        if (unsettled) {
            throw new IOException("taken back, but not written down, and so only until the next start: " + problem);
        }
    }

    /**
     * Leaves a policy first and writes down afterwards, for a full disk keeps no harm going; the one that it comes to
     * is left as well where it no longer holds.
     *
     * @param cause what the log should say before
     */
    private void takeBack(String why, Work cause) {
        PolicyArchive before = engines.policy();
        unsettled = !attempt(store::rollBack);
        settleAtNs = System.nanoTime() + SETTLE_EVERY_NS;
        PolicyArchive back = running();
        follow(back);
        attempt(cause);
        write(Event.POLICY, name(before), name(back), "rolled back: " + why, Double.NaN);
        recheck();
    }

    /** Leaves what is followed where its key is no longer trusted or its time is over, for what still holds. */
    public synchronized void recheck() {
        PolicyArchive followed = engines.policy();
        String why = followed == null ? null : validity.whyNot(followed);
        if (why != null) {
            takeBack("no longer to be followed: " + why, () -> {}); // which looks at the next one
        }
    }

    /** The store's; exact where it cannot be read. */
    private PolicyArchive running() {
        try {
            return store.running();
        } catch (IOException unreadable) {
            problem = "a policy cannot be read: " + unreadable.getMessage();
            return null;
        }
    }

    /**
     * Deletes a model that no policy on the phone is for.
     *
     * @throws IOException if one is, or it is not here
     */
    public synchronized void forgetModel(String sha256) throws IOException {
        if (ModelFolder.isNamed(sha256, store.archives())) {
            throw new IOException("a policy on this phone is for that model; roll it back first");
        }
        if (!models.forget(sha256)) {
            throw new IOException("no model of that hash is here");
        }
    }

    /** What is followed now, and what came of it. */
    public Followed followed() {
        return followed;
    }

    /** Saved state of the running policy's guard; null where nothing is followed. */
    public byte[] guardState() {
        PolicyArchive policy = engines.policy();
        return policy == null ? null : guards.load(policy);
    }

    /** Answers after which a policy on trial is kept. */
    public int trialAnswers() {
        return trialAnswers;
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
    public void answered(PolicyArchive policy, Answer answer, Check check) {
        Followed now = followed;
        if (policy != now.policy()) {
            return; // left while this was computed
        }
        long count = now.tally().add(answer);
        int candidate = answer.candidate();
        if (candidate != now.candidate) {
            int before = now.candidate;
            now.candidate = candidate;
            later(() -> switched(before, answer));
        }
        int latched = check == null ? answer.alarm() : check.alarm();
        if (latched != 0 && latched != now.alarm) {
            now.alarm = latched;
            float evidence = check == null ? answer.evidence() : check.loss();
            later(() -> alarmed(policy, latched, evidence));
        } else if (now.onTrial && count % trialAnswers == 0) {
            later(this::confirm);
        }
        if (validity.isOver(now.heldUntilMs)) {
            now.heldUntilMs = Long.MAX_VALUE;
            later(this::recheck);
        }
        retry();
    }

    /** Writes what there was no room for, if it is time to try again; call now and then, for exact answers nothing. */
    public void retry() {
        if ((unsettled || guards.hasUnsaved()) && System.nanoTime() - settleAtNs >= 0) {
            settleAtNs = System.nanoTime() + SETTLE_EVERY_NS;
            later(this::settle);
        }
    }

    @Override
    public void guarded(PolicyArchive policy, GuardStatus guard) {
        Followed now = followed;
        if (policy == now.policy()) {
            now.tally().guarded(guard);
        }
        attempt(() -> guards.save(policy, guard.state()));
    }

    @Override
    public void died(PolicyArchive policy, int deaths) {
        later(() -> buried(policy, deaths));
    }

    @Override
    public void notStarted(PolicyArchive policy, EngineException why, int times) {
        later(() -> unusable(policy, why, times));
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

    /** Whether it could be done. */
    private boolean attempt(Work work) {
        try {
            work.run();
            return true;
        } catch (IOException failed) {
            problem = String.valueOf(failed.getMessage());
            return false;
        }
    }

    private synchronized void switched(int before, Answer answer) throws IOException {
        switches.switched(before, answer);
    }

    private synchronized void alarmed(PolicyArchive policy, int latched, float evidence) throws IOException {
        Work record = () -> audit.append(
                Event.ALARM, name(policy), "exact", "alarm " + Names.alarm(latched), evidence);
        if (followed.onTrial && policy == engines.policy()) {
            takeBack(latched == DISAGREEMENT ? "canaries alarmed on trial"
                    : "its guard alarmed on trial: " + Names.alarm(latched), record);
        } else {
            record.run();
        }
    }

    private synchronized void confirm() throws IOException {
        Followed now = followed;
        if (now.onTrial && now.tally().answers() >= trialAnswers) {
            store.confirm();
            now.onTrial = false;
            String kept = name(engines.policy());
            write(Event.POLICY, kept, kept, "kept: trial passed", now.tally().answers());
            sweep();
        }
    }

    private synchronized void buried(PolicyArchive policy, int deaths) throws IOException {
        Work record = () -> audit.append(Event.ALARM, name(policy), name(policy), "its engine died", deaths);
        if (followed.onTrial && policy == engines.policy() && deaths >= TRIAL_DEATHS) {
            takeBack("its engine died " + deaths + " times on trial", record);
        } else {
            record.run();
        }
    }

    private synchronized void unusable(PolicyArchive policy, EngineException why, int times) throws IOException {
        Work record = () -> audit.append(
                Event.ALARM, name(policy), name(policy), "cannot be run here: " + why.getMessage(), times);
        boolean settled = why.reason() == EngineException.Reason.WRONG_PROBES || times >= UNUSABLE_TIMES;
        if (settled && policy == engines.policy()) {
            takeBack("it cannot be run here: " + why.getMessage(), record);
        } else {
            record.run();
        }
    }

    private synchronized void settle() throws IOException {
        attempt(guards::saveLeft);
        store.settle();
        unsettled = false;
    }

    private void follow(PolicyArchive next) {
        Followed now = new Followed(next, next != null && store.onTrial());
        followed = now; // before its engine starts and while the last one's may still answer
        engines.follow(next, () -> next == null ? null : guards.load(next));
        if (!now.onTrial) {
            attempt(this::sweep);
        }
    }

    private void sweep() throws IOException {
        List<PolicyArchive> left = store.archives();
        guards.keepOnly(left);
        models.keepOnly(left);
    }

    private void write(Event event, String from, String to, String reason, double evidence) {
        attempt(() -> audit.append(event, from, to, reason, evidence));
    }

    private static String name(PolicyArchive policy) {
        return policy == null ? "exact" : "policy " + policy.policy().sequence() + " " + policy.sha256().substring(0,
                16);
    }
}
