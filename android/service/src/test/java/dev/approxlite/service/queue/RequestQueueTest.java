package dev.approxlite.service.queue;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import dev.approxlite.service.Replies;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.Test;

/** The engine's time is shared alike among the apps that want it, and nothing waits without bound. */
public class RequestQueueTest {
    private final RequestQueue queue = new RequestQueue(64, 16);

    private static Request of(int uid, Object session) {
        return new Request(uid, session, 0, 1, 0, 64, Float.NaN, new Replies());
    }

    private void fill(int uid, int count) throws ServiceException {
        for (int i = 0; i < count; ++i) {
            queue.add(of(uid, uid));
        }
    }

    @Test
    public void appsThatAlwaysWantItGetTheSameTimeHoweverManyRequestsTheyHaveAndWhatTheyCost() throws Exception {
        int[] depths = {15, 1, 3, 8};
        long[] costs = {1000, 4000, 500, 1500};
        long[] used = new long[4];
        for (int uid = 0; uid < 4; ++uid) {
            fill(uid, depths[uid]);
        }
        Random random = new Random(3);
        for (int i = 0; i < 20_000; ++i) {
            Request next = queue.next();
            long cost = costs[next.uid] + random.nextInt(200);
            used[next.uid] += cost;
            queue.done(next, cost);
            queue.add(of(next.uid, next.uid));
        }
        double mean = (used[0] + used[1] + used[2] + used[3]) / 4.0;
        for (long each : used) {
            assertEquals(mean, each, 2 * 4200); // one request each way
        }
    }

    @Test
    public void anAppThatWasAwayNeitherCatchesUpNorPays() throws Exception {
        fill(1, 10);
        for (int i = 0; i < 1000; ++i) {
            Request next = queue.next();
            queue.done(next, 1000);
            queue.add(of(1, 1));
        }
        fill(2, 10);
        Map<Integer, Integer> served = new HashMap<>();
        for (int i = 0; i < 100; ++i) {
            Request next = queue.next();
            served.merge(next.uid, 1, Integer::sum);
            queue.done(next, 1000);
            queue.add(of(next.uid, next.uid));
        }
        assertEquals(50, served.get(1), 1);
        assertEquals(50, served.get(2), 1);
    }

    @Test
    public void itIsBoundedInAllAndForEachApp() throws Exception {
        fill(1, 16);
        assertEquals(Reason.OVER_QUOTA, assertThrows(ServiceException.class, () -> fill(1, 1)).reason());
        assertEquals(1, queue.next().uid); // what runs counts too
        assertEquals(Reason.OVER_QUOTA, assertThrows(ServiceException.class, () -> fill(1, 1)).reason());
        fill(2, 16);
        fill(3, 16);
        fill(4, 16);
        fill(5, 1);
        assertEquals(Reason.QUEUE_FULL, assertThrows(ServiceException.class, () -> fill(6, 1)).reason());
        assertEquals(64, queue.size());
    }

    @Test
    public void aSessionThatIsNoMoreLeavesNothingBehindAndAppsThatAreDoneAreForgotten() throws Exception {
        for (int uid = 0; uid < 10_000; ++uid) {
            queue.add(of(uid, "gone"));
            queue.add(of(uid, "stays"));
            assertEquals(1, queue.remove("gone").size());
            queue.done(queue.next(), 1000);
            assertEquals(0, queue.size());
            assertTrue("remembers " + queue.apps(), queue.apps() <= 1);
        }
        assertNull(queue.next());
    }
}
