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
    private final AtomicLongArray runs = new AtomicLongArray(Policy.MAX_RUNGS);
    private volatile Answer last;
    private volatile GuardStatus guard = GuardStatus.NONE;

    /** Returns how many answers that makes. */
    long add(Answer answer) {
        last = answer;
        byRung.incrementAndGet(answer.rung());
        for (int ran = answer.rungsRun(); ran != 0; ran &= ran - 1) {
            runs.incrementAndGet(Integer.numberOfTrailingZeros(ran));
        }
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

    /** Inferences of a rung, also those whose answers went on to another; checks are the guard's to count. */
    public long runs(int rung) {
        return runs.get(rung);
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
