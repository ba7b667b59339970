package dev.approxlite.engine;

/**
 * How one input was answered; the output itself is where the caller wanted it.
 *
 * @param rung index into the ladder
 * @param candidate of the policy, -1 for a pinned rung
 * @param chosen why it was picked, {@code approx_reason}
 * @param chosenEvidence what that rests on
 * @param reason why the answer was accepted, {@code approx_reason}
 * @param evidence confidence of the output; NaN when it is not finite
 * @param latencyNs running models, every rung that ran included
 * @param checkDue whether {@link Engine#finish} will check this answer
 */
public record Answer(
        int rung,
        int candidate,
        int chosen,
        float chosenEvidence,
        int reason,
        float evidence,
        long latencyNs,
        boolean checkDue) {}
