package dev.approxlite.testing.service;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.util.Map;
import org.junit.Test;

/** The bar on what the service adds is held against all that the shipped client does. */
public class LatencyTest {
    private static final int ROUNDS = 1000;

    /** Of rounds that are all alike: 90 us in-process, 100 us more through the service, and a copy. */
    private static Map<String, Object> figures(int copyUs) {
        Latency latency = new Latency(ROUNDS);
        for (int i = 0; i < ROUNDS; ++i) {
            long copied = 90_000 + 1000L * copyUs;
            long told = copied + 190_000;
            latency.put(i, 0, 90_000, copied, told, told + 90_000, told + 120_000);
        }
        return latency.figures();
    }

    @Test
    public void theCopyIntoSharedMemoryCounts() {
        Map<String, Object> slow = figures(51);
        assertEquals(100.0, (double) slow.get("added_us_p95"), 0.05);
        assertEquals(151.0, (double) slow.get("added_with_copy_us_p95"), 0.05);
        assertEquals(false, slow.get("passed"));
        assertEquals(true, figures(50).get("passed"));
        assertTrue(String.valueOf(slow.get("bar_is_on")).startsWith("added_with_copy_us_p95"));
    }
}
