package dev.approxlite.service.queue;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import dev.approxlite.engine.FakeEngines.Gate;
import dev.approxlite.service.LocalProcesses.Memory;
import dev.approxlite.service.Replies;
import dev.approxlite.service.RunningCore;
import dev.approxlite.service.access.ClientSession;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.util.List;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;

/** Deadlines go on while requests wait, and no request ends the service, whatever goes wrong with it. */
public class DispatcherTest {
    @Rule
    public final RunningCore running = new RunningCore();

    @Before
    public void followAPolicy() throws Exception {
        running.core().inbox().receive(running.signer.policy(1), "a test");
    }

    @Test
    public void anEngineThatDiesBetweenRequestsTakesNoneWithIt() throws Exception {
        Replies replies = new Replies();
        try (ClientSession session = running.core().sessions().open(RunningCore.APP)) {
            int region = session.attach(new Memory(4096));
            session.submit(1, region, 0, 64, Float.NaN, replies);
            assertNull(replies.next().reason());
            running.processes.last().kill();
            session.submit(2, region, 0, 64, Float.NaN, replies);
            assertNull(replies.next().reason());
            assertEquals("its death counts all the same", 1, running.core().engines().deaths());
            running.awaitAudit("its engine died");
        }
    }

    @Test
    public void aDeadlineThatHasPassedIsOneOfNothingLeft() throws Exception {
        Replies replies = new Replies();
        try (ClientSession session = running.core().sessions().open(RunningCore.APP)) {
            int region = session.attach(new Memory(4096));
            for (float passed : new float[] {-3, 0, Float.NEGATIVE_INFINITY}) {
                session.submit(1, region, 0, 64, passed, replies);
                assertNull(replies.next().reason());
                assertEquals(0, running.processes.engines.context.deadlineMs(), 0);
            }
            session.submit(1, region, 0, 64, Float.NaN, replies);
            replies.next();
            assertTrue(Float.isNaN(running.processes.engines.context.deadlineMs()));
        }
    }

    @Test
    public void aDeadlineGoesOnWhileItsRequestWaits() throws Exception {
        Replies replies = new Replies();
        Gate gate = running.processes.engines.gate = new Gate();
        try (ClientSession session = running.core().sessions().open(RunningCore.APP)) {
            int region = session.attach(new Memory(4096));
            Thread first = new Thread(() -> RunningCore.submitQuietly(session, region, replies));
            first.start();
            gate.awaitRun();
            session.submit(1, region, 0, 64, 10_000, replies);
            Thread.sleep(150);
            gate.open();
            first.join();
            replies.next(2);
            float left = running.processes.engines.context.deadlineMs();
            assertTrue("left " + left, left > 0 && left < 10_000 - 100);
        }
    }

    @Test
    public void whateverGoesWrongWithARequestTheOthersAreAnswered() throws Exception {
        Replies replies = new Replies();
        try (ClientSession session = running.core().sessions().open(RunningCore.APP)) {
            int region = session.attach(new Memory(4096));
            for (Error bug : new Error[] {new StackOverflowError("a test"), new OutOfMemoryError("a test")}) {
                running.processes.engines.bug = bug;
                session.submit(1, region, 0, 64, Float.NaN, replies); // on this thread
                assertEquals(Reason.CANNOT_RUN, replies.next().reason());
            }
            running.processes.engines.bug = null;
            Gate gate = running.processes.engines.gate = new Gate();
            Thread first = new Thread(() -> RunningCore.submitQuietly(session, region, replies));
            first.start();
            gate.awaitRun();
            session.submit(2, region, 0, 64, Float.NaN, replies); // on the dispatcher's
            running.processes.engines.bug = new IllegalStateException("a test");
            gate.open();
            first.join();
            List<Replies.Outcome> both = replies.next(2);
            assertTrue(both.toString(), both.stream().anyMatch(each -> each.reason() == Reason.CANNOT_RUN));
            running.processes.engines.bug = null;
            session.submit(3, region, 0, 64, Float.NaN, replies);
            assertNull(replies.next().reason());
        }
        assertTrue(running.core().inbox().problem(), running.core().inbox().problem().contains("a test"));
    }
}
