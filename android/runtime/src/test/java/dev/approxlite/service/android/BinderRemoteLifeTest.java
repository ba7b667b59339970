package dev.approxlite.service.android;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.Application;
import android.content.ComponentName;
import android.os.Looper;
import android.os.RemoteException;
import android.os.SharedMemory;
import android.system.ErrnoException;
import android.system.OsConstants;
import dev.approxlite.policy.Signer;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.service.IInference;
import dev.approxlite.service.IReplies;
import dev.approxlite.service.ISession;
import dev.approxlite.service.queue.ServiceException;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;
import org.robolectric.shadows.ShadowApplication;
import org.robolectric.shadows.ShadowSharedMemory;

/** Whatever the service and other threads do, an ask ends with an answer or a reason, and nothing is left open. */
@RunWith(RobolectricTestRunner.class)
@Config(manifest = Config.NONE, sdk = 34)
public class BinderRemoteLifeTest {
    private static final ComponentName NAME = new ComponentName("service", "Inference");
    private static final int BYTES = 100;

    private interface Outcome {
        void of(long sequence, IReplies replies) throws RemoteException;
    }

    /** Does what a test tells it. */
    private final class Scripted extends IInference.Stub {
        final List<Session> sessions = new ArrayList<>();
        Outcome outcome = (sequence, replies) -> replies.answered(sequence, 1, 2, 0, 0, 3, 1, 5, 2);
        String model;
        int refusal;
        int attached = 7;

        @Override
        public int version() {
            return 1;
        }

        @Override
        public ISession open(IReplies replies) {
            throw new AssertionError("a client names its model");
        }

        @Override
        public ISession openFor(IReplies replies, String wanted) throws RemoteException {
            model = wanted;
            if (refusal != 0) {
                replies.failed(-1, refusal, "scripted");
                return null;
            }
            sessions.add(new Session(replies));
            return sessions.get(sessions.size() - 1);
        }
    }

    private final class Session extends ISession.Stub {
        final IReplies replies;
        SharedMemory memory;
        ByteBuffer bytes;
        int closed;

        Session(IReplies replies) {
            this.replies = replies;
        }

        @Override
        public int[] tensorBytes() {
            return new int[] {BYTES, BYTES};
        }

        @Override
        public byte[] policy() {
            return policy;
        }

        @Override
        public long[] guard() {
            return new long[] {0, 9, 3, 1};
        }

        @Override
        public int attach(SharedMemory given) {
            memory = given;
            return service.attached;
        }

        @Override
        public void submit(long sequence, int region, int inputOffset, int outputOffset, float deadlineMs)
                throws RemoteException {
            service.outcome.of(sequence, replies);
        }

        @Override
        public void close() {
            ++closed;
        }
    }

    private final Scripted service = new Scripted();
    private final ByteBuffer input = ByteBuffer.allocateDirect(BYTES);
    private final ByteBuffer output = ByteBuffer.allocateDirect(BYTES);
    private byte[] policy;
    private Application app;
    private ShadowApplication system;
    private BinderRemote remote;

    @Before
    public void bind() throws Exception {
        policy = PolicyArchive.read(new Signer().policy(5)).policyJson();
        app = RuntimeEnvironment.getApplication();
        system = shadowOf(app);
        system.setComponentNameAndServiceForBindService(NAME, service);
        remote = made();
    }

    @After
    public void nothingIsLeft() {
        ShadowSharedMemory.setCreateShouldThrow(null);
        remote.close();
        remote.close();
        assertEquals(0, system.getBoundServiceConnections().size());
        for (Session each : service.sessions) {
            assertEquals(1, each.closed);
            if (each.memory != null) {
                assertThrows(IllegalStateException.class, each.memory::getSize);
            }
        }
    }

    private BinderRemote made() {
        BinderRemote made = new BinderRemote(app, BinderRemote.PACKAGE, "the model");
        shadowOf(Looper.getMainLooper()).idle();
        return made;
    }

    private Reason refused() {
        return assertThrows(ServiceException.class, () -> remote.ask(input, output, Float.NaN)).reason();
    }

    private void asks() throws ServiceException {
        assertEquals(1, remote.ask(input, output, Float.NaN).rung());
    }

    @Test
    public void asksForItsModelAndKnowsWhatTheAnswerFollows() throws Exception {
        asks();
        asks();
        assertEquals("the model", service.model);
        assertEquals(5, remote.policy().sequence());
        assertEquals(9, remote.guard().answers());
        assertEquals(1, service.sessions.size());
    }

    @Test
    public void closingWhileAnInputIsAnsweredEndsItAndTouchesNoMemory() throws Exception {
        List<Integer> bytesAtWork = new ArrayList<>();
        service.outcome = (sequence, replies) -> {
            Thread closing = new Thread(remote::close);
            closing.start();
            joined(closing);
            bytesAtWork.add(service.sessions.get(0).memory.getSize());
            replies.answered(sequence, 1, 2, 0, 0, 3, 1, 5, 2);
        };
        assertEquals(Reason.CLOSED, refused());
        assertEquals("unmapped under the feet of its user", List.of(128 + BYTES), bytesAtWork);
        assertEquals(Reason.CLOSED, refused());
    }

    @Test(timeout = 8_000)
    public void closingWakesWhoWaits() throws Exception {
        service.outcome = (sequence, replies) -> new Thread(() -> {
            pause();
            remote.close();
        }).start();
        assertEquals(Reason.CLOSED, refused());
    }

    @Test(timeout = 8_000)
    public void theServicesDeathWakesWhoWaitsAndTheNextInputFindsTheNewOne() throws Exception {
        service.outcome = (sequence, replies) -> remote.onServiceDisconnected(NAME);
        assertEquals(Reason.CLOSED, refused());
        service.outcome = (sequence, replies) -> replies.answered(sequence, 1, 2, 0, 0, 3, 1, 5, 2);
        remote.onServiceConnected(NAME, service);
        asks();
    }

    @Test
    public void aBindingThatDiedIsMadeAnew() throws Exception {
        remote.onBindingDied(NAME);
        assertEquals(0, system.getBoundServiceConnections().size());
        assertEquals(Reason.CLOSED, refused());
        shadowOf(Looper.getMainLooper()).idle();
        asks();
    }

    @Test
    public void refusedMemoryIsARefusalEachTimeAndNotForEver() throws Exception {
        service.attached = -Reason.OVER_QUOTA.code();
        assertEquals(Reason.OVER_QUOTA, refused());
        assertEquals(Reason.OVER_QUOTA, refused());
        service.attached = 7;
        asks();
    }

    @Test
    public void whereNoMemoryCanBeSharedNothingIsLeftOpen() throws Exception {
        ShadowSharedMemory.setCreateShouldThrow(new ErrnoException("create", OsConstants.ENOMEM));
        assertEquals(Reason.OVER_QUOTA, refused());
        ShadowSharedMemory.setCreateShouldThrow(null);
        asks();
    }

    @Test
    public void anAppThatMayNotBindIsToldSoWithEachInput() throws Exception {
        remote.close();
        system.setThrowInBindService(new SecurityException("not allowed"));
        remote = made();
        assertFalse(remote.isThere());
        assertEquals(Reason.NOT_PERMITTED, refused());
        assertTrue(Reason.NOT_PERMITTED.callsForFallback());
        system.setThrowInBindService(null);
        assertEquals(Reason.CLOSED, refused()); // it binds now, which goes on in the background
        shadowOf(Looper.getMainLooper()).idle();
        asks();
    }

    @Test
    public void theReasonOfARefusalIsGivenOn() {
        service.refusal = Reason.NO_POLICY.code();
        assertEquals(Reason.NO_POLICY, refused());
    }

    @Test
    public void anotherPolicyMeansAnotherSession() throws Exception {
        asks();
        service.outcome = (sequence, replies) -> {
            service.outcome = (again, to) -> to.answered(again, 1, 2, 0, 0, 3, 1, 5, 2);
            replies.failed(sequence, Reason.POLICY_CHANGED.code(), "scripted");
        };
        asks();
        assertEquals(2, service.sessions.size());
    }

    @Test
    public void whatTheServiceThrowsIsAReasonToo() throws Exception {
        service.outcome = (sequence, replies) -> {
            throw new IllegalStateException("a bug of the service");
        };
        assertEquals(Reason.CLOSED, refused());
    }

    private static void joined(Thread thread) {
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException asked) {
            throw new AssertionError(asked);
        }
        assertFalse("close waits for the answer", thread.isAlive());
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException asked) {
            throw new AssertionError(asked);
        }
    }
}
