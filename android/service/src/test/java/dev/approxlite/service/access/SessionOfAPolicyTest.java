package dev.approxlite.service.access;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import dev.approxlite.engine.FakeEngines.Gate;
import dev.approxlite.policy.Policy;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.service.LocalProcesses.Memory;
import dev.approxlite.service.Replies;
import dev.approxlite.service.RunningCore;
import dev.approxlite.service.ServiceCore;
import dev.approxlite.service.queue.ServiceException;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;

/** A client that named its model is never answered by another one, and knows whose rungs its answers name. */
public class SessionOfAPolicyTest {
    @Rule
    public final RunningCore running = new RunningCore();

    private ServiceCore core;
    private String model;

    @Before
    public void startWithAPolicy() throws Exception {
        core = running.core();
        core.inbox().receive(running.signer.policy(1), "a test");
        List<Policy.ModelReference> models = PolicyArchive.read(running.signer.policy(1)).policy().models();
        model = models.get(models.size() - 1).sha256();
    }

    private Reason refused(String other) {
        return assertThrows(ServiceException.class, () -> core.sessions().open(RunningCore.APP, other)).reason();
    }

    @Test
    public void opensForTheModelOfThePolicyAlone() throws Exception {
        assertEquals(Reason.NO_POLICY, refused("0".repeat(64)));
        assertEquals(Reason.NO_POLICY, refused(""));
        assertEquals(0, core.sessions().size());
        Replies replies = new Replies();
        try (ClientSession session = core.sessions().open(RunningCore.APP, model)) {
            assertArrayEquals(PolicyArchive.read(running.signer.policy(1)).policyJson(), session.policy());
            session.submit(1, session.attach(new Memory(4096)), 0, 64, Float.NaN, replies);
            assertEquals(1, replies.next().sequence());
            assertEquals(1, session.guard().answers());
        }
        core.inbox().rollBack("a test");
        assertEquals(Reason.NO_POLICY, refused(model));
    }

    @Test
    public void endsWithItsPolicy() throws Exception {
        try (ClientSession session = core.sessions().open(RunningCore.APP, model)) {
            int region = session.attach(new Memory(4096));
            core.inbox().receive(running.signer.policy(2), "a test");
            ServiceException changed = assertThrows(
                    ServiceException.class, () -> session.submit(1, region, 0, 64, Float.NaN, new Replies()));
            assertEquals(Reason.POLICY_CHANGED, changed.reason());
            assertEquals(Reason.POLICY_CHANGED, assertThrows(ServiceException.class, session::guard).reason());
        }
        core.sessions().open(RunningCore.APP, model).close();
    }

    @Test
    public void whatWasAskedUnderOnePolicyIsNotAnsweredUnderAnother() throws Exception {
        Replies replies = new Replies();
        Gate gate = running.processes.engines.gate = new Gate();
        try (ClientSession session = core.sessions().open(RunningCore.APP, model)) {
            int region = session.attach(new Memory(4096));
            Thread asking = new Thread(() -> RunningCore.submitQuietly(session, region, replies));
            asking.start();
            gate.awaitRun();
            session.submit(1, region, 0, 64, Float.NaN, replies);
            CompletableFuture<Void> changing = CompletableFuture.runAsync(() -> running.receive(2));
            running.awaitFollowed(2);
            gate.open();
            assertEquals(Reason.POLICY_CHANGED, replies.next().reason());
            assertEquals(Reason.POLICY_CHANGED, replies.next().reason());
            asking.join();
            changing.join();
        }
    }
}
