package dev.approxlite.service.policy;

import dev.approxlite.policy.PolicyArchive;

/**
 * A policy from when it is followed until another one is, and what came of it meanwhile. What an engine still tells of
 * one that was left is none of the next one's. Thread-safe.
 */
public final class Followed {
    private final PolicyArchive policy;
    private final Tally tally = new Tally();
    /** Of the last answer. */
    volatile int candidate = Integer.MIN_VALUE;
    volatile int alarm;
    volatile boolean onTrial;
    /** When to ask again whether it still holds. */
    volatile long heldUntilMs;

    /** policy: null for exact, without one. */
    Followed(PolicyArchive policy, boolean onTrial) {
        this.policy = policy;
        this.onTrial = onTrial;
        heldUntilMs = Validity.untilMs(policy);
    }

    /** Null: none, exact runs. */
    public PolicyArchive policy() {
        return policy;
    }

    /** What was answered. */
    public Tally tally() {
        return tally;
    }

    /** {@code approx_alarm} that the guard last told of; 0: none. */
    public int alarm() {
        return alarm;
    }

    /** Whether it still has to prove itself. */
    public boolean onTrial() {
        return onTrial;
    }
}
