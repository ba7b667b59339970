package dev.approxlite.service.engine;

import dev.approxlite.service.queue.ServiceException;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.util.ArrayDeque;
import java.util.function.LongSupplier;

/** When engines died lately, and whether they are left alone for a while after that. Not thread-safe. */
final class RecentDeaths {
    private static final long WITHIN_NS = 60_000_000_000L;
    private static final long REST_NS = 30_000_000_000L;

    private final ArrayDeque<Long> deathsNs = new ArrayDeque<>();
    private final LongSupplier clockNs;
    private final int most;

    /** clockNs: of a clock that never goes back; most: within a minute, before engines are left alone. */
    RecentDeaths(LongSupplier clockNs, int most) {
        this.clockNs = clockNs;
        this.most = most;
    }

    /** One died at this moment. */
    void add() {
        deathsNs.addLast(clockNs.getAsLong());
    }

    void forget() {
        deathsNs.clear();
    }

    /** @throws ServiceException if another one had better not be started yet */
    void check() throws ServiceException {
        long now = clockNs.getAsLong();
        while (!deathsNs.isEmpty() && now - deathsNs.peekFirst() > WITHIN_NS) {
            deathsNs.removeFirst();
        }
        if (deathsNs.size() >= most) {
            if (now - deathsNs.peekLast() < REST_NS) {
                throw new ServiceException(
                        Reason.ENGINE_UNAVAILABLE, "the engine died " + deathsNs.size()
                                + " times; compute in-process for a while");
            }
            deathsNs.clear();
        }
    }
}
