package dev.approxlite.service;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.approxlite.context.DeviceContext;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.policy.Signer;
import dev.approxlite.engine.FakeEngines.Gate;
import dev.approxlite.service.LocalProcesses.Memory;
import dev.approxlite.service.access.ClientSession;
import dev.approxlite.service.access.ClientSessions;
import dev.approxlite.service.queue.ServiceException;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Several clients, one engine: every request has one outcome, and whoever dies takes only its own with it. */
public class ServiceCoreTest {
    private static final int APP = 10_001;

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private final LocalProcesses processes = new LocalProcesses();
    private final DeviceContext device = new DeviceContext(() -> 1_000_000_000L);
    private Signer signer;
    private Path folder;
    private ServiceCore core;

    @Before
    public void startWithAPolicy() throws Exception {
        signer = new Signer();
        folder = temporary.getRoot().toPath().resolve("service");
        core = start();
        core.inbox().receive(signer.policy(1), "a test");
    }

    @After
    public void stop() throws Exception {
        core.close();
        assertEquals("engines left open", 0, processes.engines.open.get());
    }

    private ServiceCore start() throws IOException {
        ServiceCore.Parts parts = new ServiceCore.Parts();
        parts.folder = folder;
        parts.launcher = processes;
        parts.admission = archive -> {};
        parts.keys = signer::keys;
        parts.permissions = (permission, pid, uid) -> uid == APP;
        parts.device = () -> device;
        parts.kernels = () -> processes.started.isEmpty() ? null : processes.engines.kernels();
        return new ServiceCore(parts);
    }

    private static Memory input(int value) {
        Memory memory = new Memory(4096);
        memory.content().put(0, (byte) value);
        return memory;
    }

    private List<String> audit() throws IOException {
        return Files.readAllLines(folder.resolve("audit.jsonl"));
    }

    private void awaitAudit(String part) throws Exception {
        for (int i = 0; i < 500; ++i) {
            if (String.join("\n", audit()).contains(part)) {
                return;
            }
            Thread.sleep(10);
        }
        throw new AssertionError("the log never said '" + part + "':\n" + String.join("\n", audit()));
    }

    @Test
    public void anInputIsAnsweredInTheClientsOwnMemoryInTheContextOfThePhone() throws Exception {
        device.battery(40, 100, 0);
        Memory memory = input(41);
        Replies replies = new Replies();
        try (ClientSession session = core.sessions().open(APP)) {
            assertArrayEquals(new int[] {16, 16}, session.tensorBytes());
            session.submit(7, session.attach(memory), 0, 64, 1e9f, replies);
            assertEquals(7, replies.next().sequence());
            assertEquals(41, memory.content().get(64));
            assertEquals(0.4f, processes.engines.context.battery(), 0);
            assertEquals(1e9f, processes.engines.context.deadlineMs(), 1e6f);
        }
        assertTrue(memory.closed.get());
        assertEquals(0, core.engines().regions());
    }

    @Test
    public void tensorsThatLieOutsideOverlapOrAreSomebodyElsesAreRefused() throws Exception {
        Replies replies = new Replies();
        try (ClientSession mine = core.sessions().open(APP);
                ClientSession other = core.sessions().open(APP + 1)) {
            int region = mine.attach(input(1));
            int foreign = other.attach(input(2));
            int[][] odd = {{-64, 64}, {0, 4096}, {4090, 0}, {0, 0}, {0, 8}, {1, 64}, {Integer.MAX_VALUE - 63, 0}};
            for (int[] offsets : odd) {
                mine.submit(1, region, offsets[0], offsets[1], Float.NaN, replies);
                assertEquals(Reason.BAD_TENSOR, replies.next().reason());
            }
            ServiceException refused = assertThrows(
                    ServiceException.class, () -> mine.submit(1, foreign, 0, 64, Float.NaN, replies));
            assertEquals(Reason.BAD_TENSOR, refused.reason());
        }
    }

    @Test
    public void withoutAPolicyOrAfterCloseThereIsATypedError() throws Exception {
        core.inbox().rollBack("a test");
        Replies replies = new Replies();
        ClientSession session = core.sessions().open(APP);
        session.submit(1, session.attach(input(1)), 0, 64, Float.NaN, replies);
        assertEquals(Reason.NO_POLICY, replies.next().reason());
        session.close();
        session.close();
        assertEquals(Reason.CLOSED, assertThrows(ServiceException.class, () -> session.attach(input(1))).reason());
    }

    @Test
    public void anAppHasItsShareOfRequestsSessionsAndMemoryAndNoMore() throws Exception {
        Gate gate = processes.engines.gate = new Gate();
        Replies replies = new Replies();
        ClientSession session = core.sessions().open(APP);
        int region = session.attach(input(1));
        Thread first = new Thread(() -> RunningCore.submitQuietly(session, region, replies));
        first.start();
        gate.awaitRun();
        for (int i = 1; i < ServiceCore.MOST_OF_ONE_APP; ++i) {
            session.submit(i, region, 0, 64, Float.NaN, replies);
        }
        ServiceException full = assertThrows(
                ServiceException.class, () -> session.submit(0, region, 0, 64, Float.NaN, replies));
        assertEquals(Reason.OVER_QUOTA, full.reason());
        gate.open();
        first.join();
        replies.next(ServiceCore.MOST_OF_ONE_APP);
        List<ClientSession> more = new ArrayList<>();
        while (more.size() < ClientSessions.MOST_SESSIONS - 1) {
            more.add(core.sessions().open(APP));
        }
        assertEquals(Reason.OVER_QUOTA, assertThrows(ServiceException.class, () -> core.sessions().open(APP)).reason());
        core.sessions().open(APP + 1).close();
        Memory large = new Memory(1 << 20);
        for (int i = 0; i < 63; ++i) {
            session.attach(new Memory(1 << 20));
        }
        assertEquals(Reason.OVER_QUOTA, assertThrows(ServiceException.class, () -> session.attach(large)).reason());
        assertTrue(large.closed.get());
        session.close();
        assertEquals(0, core.engines().regions());
        ClientSession another = core.sessions().open(APP);
        for (int i = 0; i < ClientSessions.MOST_REGIONS; ++i) {
            another.attach(new Memory(64));
        }
        assertEquals(
                Reason.OVER_QUOTA,
                assertThrows(ServiceException.class, () -> another.attach(new Memory(64))).reason());
        another.close();
    }

    @Test
    public void anEngineThatDiesTakesOnlyTheRequestThatItRanWithIt() throws Exception {
        core.inbox().receive(signer.policy(2), "a test"); // on trial: its first death is forgiven
        Replies replies = new Replies();
        try (ClientSession session = core.sessions().open(APP)) {
            Memory memory = input(5);
            int region = session.attach(memory);
            for (int i = 0; i < 10; ++i) {
                processes.answersLeft = i == 0 ? 3 : -1;
                session.submit(i, region, 0, 64, Float.NaN, replies);
                Replies.Outcome outcome = replies.next();
                assertEquals(i == 3 ? Reason.ENGINE_DIED : null, outcome.reason());
            }
        }
        assertEquals(1, core.engines().deaths());
        awaitAudit("its engine died");
    }

    @Test
    public void anEngineThatKeepsDyingIsLeftAlone() throws Exception {
        core.inbox().receive(signer.policy(2), "a test");
        passTrial();
        processes.answersLeft = 0;
        processes.last().kill();
        Replies replies = new Replies();
        List<Reason> reasons = new ArrayList<>();
        try (ClientSession session = core.sessions().open(APP)) {
            int region = session.attach(input(5)); // the first death shows here
            for (int i = 0; i < 7; ++i) {
                session.submit(i, region, 0, 64, Float.NaN, replies);
                reasons.add(replies.next().reason());
            }
        }
        assertEquals(
                List.of(Reason.ENGINE_DIED, Reason.ENGINE_DIED, Reason.ENGINE_DIED, Reason.ENGINE_DIED,
                        Reason.ENGINE_UNAVAILABLE, Reason.ENGINE_UNAVAILABLE, Reason.ENGINE_UNAVAILABLE),
                reasons);
        for (Reason each : reasons) {
            assertTrue(each.callsForFallback());
        }
    }

    private void passTrial() throws Exception {
        Replies replies = new Replies();
        try (ClientSession session = core.sessions().open(APP)) {
            int region = session.attach(input(5));
            for (int i = 0; i < ServiceCore.TRIAL_ANSWERS; ++i) {
                session.submit(i, region, 0, 64, Float.NaN, replies);
                assertNull(replies.next().reason());
            }
        }
        awaitAudit("kept: trial passed");
        assertFalse(core.inbox().followed().onTrial());
    }

    @Test
    public void aPolicyOnTrialWhoseCanariesAlarmIsRolledBackByItself() throws Exception {
        passTrial();
        core.inbox().receive(signer.policy(2), "a test");
        assertEquals(2, core.engines().policy().policy().sequence());
        processes.engines.alarm = 1;
        Replies replies = new Replies();
        try (ClientSession session = core.sessions().open(APP)) {
            session.submit(0, session.attach(input(5)), 0, 64, Float.NaN, replies);
            assertNull(replies.next().reason());
        }
        awaitAudit("rolled back: canaries alarmed on trial");
        assertEquals(1, core.engines().policy().policy().sequence());
        assertFalse(core.inbox().followed().onTrial());
        PolicyException refused =
                assertThrows(PolicyException.class, () -> core.inbox().receive(signer.policy(2), "a test"));
        assertEquals(PolicyException.Reason.REPLAYED, refused.reason());
        awaitAudit("refused from a test: REPLAYED");
    }

    @Test
    public void aPolicyOnTrialWhoseEngineDiesTwiceIsRolledBackByItself() throws Exception {
        passTrial();
        core.inbox().receive(signer.policy(2), "a test");
        processes.answersLeft = 0;
        Replies replies = new Replies();
        try (ClientSession session = core.sessions().open(APP)) {
            int region = session.attach(input(5));
            for (int i = 0; i < 2; ++i) {
                session.submit(i, region, 0, 64, Float.NaN, replies);
                assertEquals(Reason.ENGINE_DIED, replies.next().reason());
            }
            awaitAudit("rolled back: its engine died 2 times on trial");
            processes.answersLeft = -1;
            session.submit(9, region, 0, 64, Float.NaN, replies);
            assertNull(replies.next().reason());
        }
        assertEquals(1, core.engines().policy().policy().sequence());
    }

    @Test
    public void policyGuardStateAndLogAreThereAfterAKill() throws Exception {
        passTrial();
        int lines = audit().size();
        core.close();
        core = start();
        assertEquals(1, core.engines().policy().policy().sequence());
        assertFalse(core.inbox().followed().onTrial());
        assertTrue(audit().size() >= lines);
        assertNull(firstReason());
        assertArrayEquals(new byte[512], processes.engines.guardState);
        core.close();
        try (var guards = Files.list(folder.resolve("guards"))) {
            for (Path each : (Iterable<Path>) guards::iterator) {
                Files.write(each, new byte[100]);
            }
        }
        core = start();
        assertNull(firstReason());
        for (byte each : processes.engines.guardState) {
            assertEquals("a state that no guard can read", (byte) 0xff, each);
        }
    }

    private Reason firstReason() throws Exception {
        Replies replies = new Replies();
        try (ClientSession session = core.sessions().open(APP)) {
            session.submit(0, session.attach(input(5)), 0, 64, Float.NaN, replies);
            return replies.next().reason();
        }
    }

    @Test
    public void aCallerWithoutPermissionIsRefusedAndWrittenDownOnce() throws Exception {
        core.callers().require("p", 1, APP, "open a session");
        for (int i = 0; i < 3; ++i) {
            ServiceException refused = assertThrows(
                    ServiceException.class, () -> core.callers().require("p", 1, 666, "open a session"));
            assertEquals(Reason.NOT_PERMITTED, refused.reason());
            assertTrue(refused.reason().callsForFallback());
        }
        assertEquals(3, core.callers().refused());
        assertEquals(1, audit().stream().filter(line -> line.contains("uid 666")).count());
    }

    @Test
    public void theStatusIsOneJsonObject() throws Exception {
        JsonObject status = JsonParser.parseString(core.status().json()).getAsJsonObject();
        assertEquals(1, status.get("sequence").getAsInt());
        assertTrue(status.get("on_trial").getAsBoolean());
        assertTrue(status.get("battery").isJsonNull());
    }

    @Test
    public void theStatusTellsOfKernelsAndOfEveryInferenceOfEveryRung() throws Exception {
        assertTrue(core.status().object().get("kernel_variant").isJsonNull());
        processes.engines.escalatedFrom = 1 << 1;
        Replies replies = new Replies();
        try (ClientSession session = core.sessions().open(APP)) {
            int region = session.attach(input(5));
            for (int i = 0; i < 3; ++i) {
                session.submit(i, region, 0, 64, Float.NaN, replies);
                assertEquals(2 | 1, replies.next().answer().rungsRun());
            }
        }
        for (int i = 0; i < 500 && core.inbox().followed().tally().answers() < 3; ++i) {
            Thread.sleep(10); // told of after the answer
        }
        JsonObject status = core.status().object();
        assertEquals("fake", status.get("kernel_variant").getAsString());
        assertEquals(1, status.get("numerics_version").getAsInt());
        JsonArray rungs = status.get("rungs").getAsJsonArray();
        int[][] wanted = {{3, 3}, {0, 3}}; // answers and runs
        for (int rung = 0; rung < wanted.length; ++rung) {
            JsonObject told = rungs.get(rung).getAsJsonObject();
            assertEquals(wanted[rung][0], told.get("answers").getAsInt());
            assertEquals(wanted[rung][1], told.get("runs").getAsInt());
        }
        core.inbox().receive(signer.policy(2), "a test");
        assertEquals(0, core.status().object().get("rungs").getAsJsonArray().get(1).getAsJsonObject().get("runs")
                .getAsInt());
    }

    @Test
    public void aPolicyThatReplacesAnotherLosesNoRequest() throws Exception {
        Replies replies = new Replies();
        try (ClientSession session = core.sessions().open(APP)) {
            int region = session.attach(input(5));
            Thread desk = new Thread(() -> {
                try {
                    for (int sequence = 2; sequence < 30; ++sequence) {
                        core.inbox().receive(signer.policy(sequence), "a test");
                    }
                } catch (Exception problem) {
                    throw new AssertionError(problem);
                }
            });
            desk.start();
            int asked = 0;
            for (; desk.isAlive() || asked < 100; ++asked) {
                session.submit(asked, region, 0, 64, Float.NaN, replies);
                Replies.Outcome outcome = replies.next();
                assertNull(outcome.message(), outcome.reason());
            }
            desk.join();
        }
        assertEquals(29, core.engines().policy().policy().sequence());
        assertEquals(0, core.engines().deaths());
    }
}
