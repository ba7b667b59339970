package dev.approxlite.testing.device;

import android.os.SystemClock;
import org.robolectric.annotation.Implementation;
import org.robolectric.annotation.Implements;

/** Time that goes by, where Robolectric's own stands still until a test moves it. */
@Implements(SystemClock.class)
public final class DeskClock {
    private DeskClock() {}

    @Implementation
    protected static long elapsedRealtimeNanos() {
        return System.nanoTime();
    }

    @Implementation
    protected static long elapsedRealtime() {
        return System.nanoTime() / 1_000_000;
    }

    @Implementation
    protected static long uptimeMillis() {
        return System.nanoTime() / 1_000_000;
    }

    @Implementation
    protected static void sleep(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException asked) {
            Thread.currentThread().interrupt();
        }
    }
}
