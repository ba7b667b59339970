package dev.approxlite.service.policy;

import dev.approxlite.audit.AuditLog;
import dev.approxlite.audit.AuditLog.Event;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Names;
import java.io.IOException;

/**
 * Writes down which candidate was gone over to, and why. Switches within a second of the last one that was written down
 * are not, so that a policy at the edge of two candidates does not fill the log. Not thread-safe.
 */
final class Switches {
    private static final long EVERY_NS = 1_000_000_000L;

    private final AuditLog audit;
    private long writtenAtNs = Long.MIN_VALUE / 2;

    Switches(AuditLog audit) {
        this.audit = audit;
    }

    /** before: the candidate of the answer before, Integer.MIN_VALUE for the first. */
    void switched(int before, Answer answer) throws IOException {
        long now = System.nanoTime();
        if (before != Integer.MIN_VALUE && now - writtenAtNs >= EVERY_NS) {
            writtenAtNs = now;
            audit.append(
                    Event.SWITCH, "candidate " + before, "candidate " + answer.candidate(),
                    Names.reason(answer.chosen()), answer.chosenEvidence());
        }
    }
}
