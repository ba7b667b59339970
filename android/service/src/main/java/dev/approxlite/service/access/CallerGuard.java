package dev.approxlite.service.access;

import dev.approxlite.audit.AuditLog;
import dev.approxlite.service.queue.ServiceException;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Lets callers in that hold a permission, at every call, and writes down who was turned away: the first time at once,
 * then at most once a minute for each caller, so that nobody can fill the log by knocking. Thread-safe.
 */
public final class CallerGuard {
    /** Asks the system. */
    public interface Permissions {
        /** Whether a caller holds a permission now; it may be taken away at any time. */
        boolean holds(String permission, int pid, int uid);
    }

    static final long QUIET_NS = 60_000_000_000L;
    private static final int MOST_CALLERS = 256;

    private final Permissions permissions;
    private final AuditLog audit;
    private final LongSupplier clockNs;
    private final Map<Integer, Long> loggedNs = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Long> eldest) {
            return size() > MOST_CALLERS;
        }
    };
    private long refused;

    /** clockNs: of a clock that never goes back. */
    public CallerGuard(Permissions permissions, AuditLog audit, LongSupplier clockNs) {
        this.permissions = permissions;
        this.audit = audit;
        this.clockNs = clockNs;
    }

    /**
     * Returns where the caller may do what it asks.
     *
     * @param what in a few words, for the log, such as "open a session"
     * @throws ServiceException with {@link Reason#NOT_PERMITTED} where it may not
     */
    public void require(String permission, int pid, int uid, String what) throws ServiceException {
        if (permissions.holds(permission, pid, uid)) {
            return;
        }
        String why = "uid " + uid + " may not " + what + ": it needs permission " + permission;
        if (isNews(uid)) {
            try {
                audit.append(AuditLog.Event.REFUSED, "uid " + uid, what, "needs " + permission, Double.NaN);
            } catch (IOException full) {
                why += " (and that could not be written down: " + full.getMessage() + ")"; // refused all the same
            }
        }
        throw new ServiceException(Reason.NOT_PERMITTED, why);
    }

    /** How many calls were turned away. */
    public synchronized long refused() {
        return refused;
    }

    private synchronized boolean isNews(int uid) {
        ++refused;
        long now = clockNs.getAsLong();
        Long before = loggedNs.get(uid);
        if (before != null && now - before < QUIET_NS) {
            return false;
        }
        loggedNs.put(uid, now);
        return true;
    }
}
