package dev.approxlite.demo.live;

import dev.approxlite.policy.Policy;

/** What a person lets decide: the policy, or one rung. */
public record Pin(int rung) {
    /** As the policy says. */
    public static final Pin AUTO = new Pin(-1);

    /** Exact always. */
    public static Pin exact(Policy policy) {
        return new Pin(policy.exactRung());
    }
}
