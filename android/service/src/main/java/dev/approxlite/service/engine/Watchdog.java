package dev.approxlite.service.engine;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ends calls into other processes that take too long. Time is counted in ticks of the watchdog's own thread, so that a
 * phone that slept, or a service that the system froze, does not look like an engine that hangs; the thread waits while
 * there is no call. A call costs an entry in a set. Thread-safe; lives as long as the process.
 */
public final class Watchdog {
    /** A call under way. */
    public final class Call {
        private final Runnable end;
        private int ticksLeft;

        private Call(int ticks, Runnable end) {
            this.ticksLeft = ticks;
            this.end = end;
        }

        /** It returned. */
        public void done() {
            calls.remove(this);
        }
    }

    private final Set<Call> calls = ConcurrentHashMap.newKeySet();
    private final Object lock = new Object();
    private final long tickMs;
    private final long sleepMs;
    private volatile boolean idle;

    /** tickMs: how exactly time is counted, at least 1. */
    public Watchdog(long tickMs) {
        this(tickMs, tickMs);
    }

    /** Whose time goes faster, for tests: a tick comes every {@code sleepMs}. */
    public Watchdog(long tickMs, long sleepMs) {
        this.tickMs = tickMs;
        this.sleepMs = sleepMs;
        Thread thread = new Thread(this::watch, "approxlite-watchdog");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * A call begins.
     *
     * @param limitMs after which it is ended, to the next tick
     * @param end ends it, whatever it does; called once at most, on the watchdog's thread, and may not block
     */
    public Call begin(long limitMs, Runnable end) {
        Call call = new Call((int) (limitMs / tickMs) + 1, end);
        calls.add(call);
        if (idle) {
            synchronized (lock) {
                lock.notifyAll();
            }
        }
        return call;
    }

    private void watch() {
        try {
            for (;;) {
                synchronized (lock) {
                    idle = true;
                    while (calls.isEmpty()) {
                        lock.wait();
                    }
                    idle = false;
                }
                Thread.sleep(sleepMs);
                for (Call each : calls) {
                    if (--each.ticksLeft < 0 && calls.remove(each)) {
                        each.end.run();
                    }
                }
            }
        } catch (InterruptedException asked) {
            Thread.currentThread().interrupt();
        }
    }
}
