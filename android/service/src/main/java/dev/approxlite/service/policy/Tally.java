package dev.approxlite.service.policy;

import dev.approxlite.engine.Answer;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.policy.Policy;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/** What was answered since a policy is followed. Thread-safe; costs an answer no lock. */
public final class Tally {
    private final AtomicLong answers = new AtomicLong();
    private final AtomicLongArray byRung = new AtomicLongArray(Policy.MAX_RUNGS);
    private volatile Answer last;
    private volatile GuardStatus guard = GuardStatus.NONE;

    /** Another policy is followed. */
    void begin() {
        answers.set(0);
        for (int rung = 0; rung < byRung.length(); ++rung) {
            byRung.set(rung, 0);
        }
        last = null;
        guard = GuardStatus.NONE;
    }

    /** Returns how many answers that makes. */
    long add(Answer answer) {
        last = answer;
        byRung.incrementAndGet(answer.rung());
        return answers.incrementAndGet();
    }

    void guarded(GuardStatus status) {
        guard = status;
    }

    /** In all. */
    public long answers() {
        return answers.get();
    }

    /** Of one rung. */
    public long answers(int rung) {
        return byRung.get(rung);
    }

    /** The last one; null before the first. */
    public Answer last() {
        return last;
    }

    /** As of the last check; {@link GuardStatus#NONE} before the first. */
    public GuardStatus guard() {
        return guard;
    }
}
