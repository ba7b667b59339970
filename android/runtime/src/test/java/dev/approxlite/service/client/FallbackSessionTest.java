package dev.approxlite.service.client;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Engine;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.FakeEngines;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.policy.Policy;
import dev.approxlite.service.queue.ServiceException;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.Test;

/** Whatever the service does, an app's input is answered. */
public class FallbackSessionTest {
    private final FakeEngines engines = new FakeEngines();
    private final Scripted remote = new Scripted();
    private final ByteBuffer input = ByteBuffer.allocateDirect(FakeEngines.BYTES);
    private final ByteBuffer output = ByteBuffer.allocateDirect(FakeEngines.BYTES);
    private long nowNs;
    private final FallbackSession session =
            new FallbackSession(remote, () -> engines.open(null, List.of(), null), () -> nowNs);

    /** Fails as it is told. */
    private static final class Scripted implements Remote {
        Reason fails;
        int asked;
        boolean closed;

        @Override
        public Answer ask(ByteBuffer from, ByteBuffer to, float deadlineMs) throws ServiceException {
            ++asked;
            if (fails != null) {
                throw new ServiceException(fails, "scripted");
            }
            to.put(0, (byte) 99);
            return new Answer(1, 1, 0, 0, 3, 1, 5, 2, false);
        }

        @Override
        public Policy policy() {
            return null;
        }

        @Override
        public GuardStatus guard() {
            return new GuardStatus(0, 99, 0, 0, Double.NaN, Double.NaN, new byte[0]);
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private FallbackSession.Outcome answer() throws Exception {
        return session.answer(input, output, InputContext.UNKNOWN);
    }

    @Test
    public void theServiceAnswersWhereItCanAndNoEngineIsMadeHere() throws Exception {
        assertTrue(answer().byService());
        assertEquals(99, output.get(0));
        assertEquals(0, engines.open.get());
    }

    @Test
    public void whereTheServiceCannotThisProcessDoesWithTheSameInput() throws Exception {
        input.put(0, (byte) 7);
        for (Reason each : Reason.values()) {
            remote.fails = each;
            nowNs += FallbackSession.LONGEST_REST_NS;
            if (!each.callsForFallback()) {
                assertEquals(each, assertThrows(ServiceException.class, this::answer).reason());
                continue;
            }
            FallbackSession.Outcome outcome = answer();
            assertFalse(outcome.byService());
            assertEquals(each, outcome.refusal());
            assertEquals(7, output.get(0));
        }
        assertEquals(1, engines.open.get());
    }

    @Test
    public void aServiceThatFailsIsAskedLessAndLessOftenAndTakenBackWhenItAnswers() throws Exception {
        remote.fails = Reason.CLOSED;
        for (int second = 0; second < 300; ++second) {
            answer();
            nowNs += 1_000_000_000L;
        }
        assertTrue("asked " + remote.asked, remote.asked >= 8 && remote.asked <= 12);
        remote.fails = null;
        nowNs += FallbackSession.LONGEST_REST_NS;
        assertTrue(answer().byService());
        remote.fails = Reason.ENGINE_DIED;
        answer();
        remote.fails = null;
        nowNs += FallbackSession.FIRST_REST_NS;
        assertTrue(answer().byService());
    }

    @Test
    public void anAppThatMayNotAskIsAnsweredByItsOwnEngine() throws Exception {
        remote.fails = Reason.NOT_PERMITTED;
        assertEquals(Reason.NOT_PERMITTED, answer().refusal());
    }

    @Test
    public void aPinnedRungIsThisProcesssAloneAndStaysSoInAnEngineMadeLater() throws Exception {
        session.pin(1);
        input.put(0, (byte) 7);
        assertFalse(answer().byService());
        assertEquals(0, remote.asked);
        assertEquals(8, output.get(0));
        assertEquals(1, session.guard().answers());
        session.pin(0);
        answer();
        assertEquals(7, output.get(0));
        session.pin(-1);
        assertTrue(answer().byService());
        assertEquals(99, session.guard().answers());
    }

    @Test
    public void whereNeitherAnswersTheMessageSaysWhyTheServiceDidNotAlsoWhileItRests() throws Exception {
        remote.fails = Reason.OVER_QUOTA;
        try (FallbackSession alone = new FallbackSession(remote, FallbackSessionTest::none, () -> nowNs)) {
            for (int i = 0; i < 3; ++i) {
                EngineException none = assertThrows(
                        EngineException.class, () -> alone.answer(input, output, InputContext.UNKNOWN));
                assertEquals("no engine; the service did not answer: OVER_QUOTA, scripted", none.getMessage());
            }
            assertEquals(1, remote.asked);
        }
    }

    private static Engine none() throws EngineException {
        throw new EngineException(EngineException.Reason.CANNOT_RUN, "no engine");
    }

    @Test
    public void closeIsIdempotentAndClosesBoth() throws Exception {
        remote.fails = Reason.CLOSED;
        answer();
        session.close();
        session.close();
        assertTrue(remote.closed);
        assertEquals(0, engines.open.get());
        assertThrows(EngineException.class, this::answer);
    }
}
