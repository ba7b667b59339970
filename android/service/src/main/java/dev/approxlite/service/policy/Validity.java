package dev.approxlite.service.policy;

import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.policy.TrustedKeys;
import java.time.Clock;
import java.util.function.Supplier;

/** Whether a policy that was taken once may still be followed: its time, and the key that signed it. Thread-safe. */
final class Validity {
    private final Clock clock;
    private final Supplier<TrustedKeys> keys;

    /** clock: the phone's. */
    Validity(Clock clock, Supplier<TrustedKeys> keys) {
        this.clock = clock;
        this.keys = keys;
    }

    /** Until when a policy holds, in milliseconds since 1970; null, and one without an end: for ever. */
    static long untilMs(PolicyArchive policy) {
        return policy == null || policy.policy().notAfter() == null ? Long.MAX_VALUE
                : policy.policy().notAfter().toEpochMilli();
    }

    /** Costs an answer next to nothing. */
    boolean isOver(long untilMs) {
        return clock.millis() > untilMs;
    }

    /** One line; null where it still holds. That its time has not come was ruled out when it was installed. */
    String whyNot(PolicyArchive policy) {
        if (isOver(untilMs(policy))) {
            return "the policy held until " + policy.policy().notAfter();
        }
        try {
            keys.get().signerOf(policy);
            return null;
        } catch (PolicyException refused) {
            return refused.reason() + ", the policy " + refused.getMessage();
        }
    }
}
