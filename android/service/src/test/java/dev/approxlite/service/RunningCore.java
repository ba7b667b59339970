package dev.approxlite.service;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import dev.approxlite.context.DeviceContext;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyStore;
import dev.approxlite.policy.Signer;
import dev.approxlite.policy.TrustedKeys;
import dev.approxlite.service.LocalProcesses.Memory;
import dev.approxlite.service.access.ClientSession;
import dev.approxlite.service.queue.ServiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.rules.TemporaryFolder;

/** A service for a test, which it starts, asks, damages, and starts again as after a kill. */
public final class RunningCore extends TemporaryFolder {
    /** Of whoever asks. */
    public static final int APP = 10_001;
    /** {@code approx_alarm} of an output. */
    public static final int NOT_FINITE = 2;

    private static final int WAITS = 1000;

    public final LocalProcesses processes = new LocalProcesses();
    public volatile PolicyStore.Admission admission = archive -> {};
    public volatile Clock clock = Clock.fixed(Instant.parse("2026-06-01T00:00:00Z"), ZoneOffset.UTC);
    /** Whether nobody is trusted any more. */
    public volatile boolean keysRevoked;
    public Signer signer;
    private final DeviceContext device = new DeviceContext(() -> 1_000_000_000L);
    private ServiceCore core;

    @Override
    protected void before() throws Throwable {
        super.before();
        signer = new Signer();
        start();
    }

    @Override
    protected void after() {
        try {
            core.close();
            assertEquals("engines are closed", 0, processes.engines.open.get());
        } catch (IOException problem) {
            throw new AssertionError(problem);
        } finally {
            super.after();
        }
    }

    private void start() throws IOException {
        ServiceCore.Parts parts = new ServiceCore.Parts();
        parts.folder = folder();
        parts.launcher = processes;
        parts.admission = archive -> admission.admit(archive);
        parts.keys = () -> keysRevoked ? TrustedKeys.none() : signer.keys();
        parts.permissions = (permission, pid, uid) -> true;
        parts.device = () -> device;
        parts.clock = new Clock() {
            @Override
            public ZoneId getZone() {
                return clock.getZone();
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return clock.withZone(zone);
            }

            @Override
            public Instant instant() {
                return clock.instant();
            }
        };
        core = new ServiceCore(parts);
    }

    /** As after a kill. */
    public void restart() throws IOException {
        core.close();
        start();
    }

    /** The one that runs. */
    public ServiceCore core() {
        return core;
    }

    /** Of its files. */
    public Path folder() {
        return getRoot().toPath().resolve("service");
    }

    /** What an input comes to. */
    public Replies.Outcome answered() throws Exception {
        Replies replies = new Replies();
        try (ClientSession session = core.sessions().open(APP)) {
            session.submit(0, session.attach(new Memory(4096)), 0, 64, Float.NaN, replies);
            return replies.next();
        }
    }

    /** Follows a policy until it is kept. */
    public void keep(byte[] policy) throws Exception {
        core.inbox().receive(policy, "a test");
        for (int i = 0; i < ServiceCore.TRIAL_ANSWERS; ++i) {
            assertNull(answered().reason());
        }
        for (int i = 0; i < WAITS && core.inbox().followed().onTrial(); ++i) {
            Thread.sleep(10);
        }
        assertFalse(core.inbox().followed().onTrial());
    }

    /** Follows a policy of this sequence number, for a thread that may not throw. */
    public void receive(long sequence) {
        try {
            core.inbox().receive(signer.policy(sequence), "a test");
        } catch (Exception impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Sequence number of the policy that is followed; -1: exact. */
    public long followed() {
        PolicyArchive policy = core.engines().policy();
        return policy == null ? -1 : policy.policy().sequence();
    }

    /** The same, once it is that. */
    public void awaitFollowed(long sequence) throws Exception {
        for (int i = 0; i < WAITS && followed() != sequence; ++i) {
            Thread.sleep(10);
        }
        assertEquals(sequence, followed());
    }

    /** Until the log says so. */
    public void awaitAudit(String part) throws Exception {
        for (int i = 0; i < WAITS && !audit().contains(part); ++i) {
            Thread.sleep(10);
        }
        assertTrue(audit(), audit().contains(part));
    }

    private String audit() throws IOException {
        return Files.readString(folder().resolve("audit.jsonl"));
    }

    /** Nothing can be written to a folder of its until that is put back. */
    public Path without(String name) throws IOException {
        Path aside = Files.move(folder().resolve(name), folder().resolve("aside"));
        Files.createFile(folder().resolve(name));
        return aside;
    }

    /** See {@link #without}. */
    public void putBack(Path aside, String name) throws IOException {
        Files.delete(folder().resolve(name));
        Files.move(aside, folder().resolve(name));
    }

    /** Asks with request -1, for a thread that may not throw. */
    public static void submitQuietly(ClientSession session, int region, Replies replies) {
        try {
            session.submit(-1, region, 0, 64, Float.NaN, replies);
        } catch (ServiceException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
