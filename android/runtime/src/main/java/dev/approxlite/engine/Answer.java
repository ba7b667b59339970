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
 * @param rungsRun rungs that ran on this input, bit {@code i} for rung {@code i}; 0 where an earlier answer
 *     was given again
 * @param checkDue whether {@link Engine#finish} will check this answer
 * @param alarm {@code approx_alarm} that the guard is latched for after this answer, 0 for none: a tripwire latches
 *     without a check, and its state has to be kept as a check's has
 */
public record Answer(
        int rung,
        int candidate,
        int chosen,
        float chosenEvidence,
        int reason,
        float evidence,
        long latencyNs,
        int rungsRun,
        boolean checkDue,
        int alarm) {
    /** Of an engine whose guard is somebody else's to keep, as the service's is for its clients. */
    public Answer(
            int rung,
            int candidate,
            int chosen,
            float chosenEvidence,
            int reason,
            float evidence,
            long latencyNs,
            int rungsRun,
            boolean checkDue) {
        this(rung, candidate, chosen, chosenEvidence, reason, evidence, latencyNs, rungsRun, checkDue, 0);
    }
}
