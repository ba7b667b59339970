package dev.approxlite.service.engine;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import dev.approxlite.engine.FakeEngines.Gate;
import dev.approxlite.service.LocalProcesses.Memory;
import dev.approxlite.service.Replies;
import dev.approxlite.service.RunningCore;
import dev.approxlite.service.queue.ServiceException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;

/** A process takes its time to start: whoever does not ask for an engine does not wait for it. */
public class EngineStartTest {
    private static final int EXACT = 1;
    private static final int LONGEST_MS = 20_000;

    @Rule
    public final RunningCore running = new RunningCore();

    private final Gate gate = new Gate();

    @Before
    public void startWithAGoodPolicyWhoseEngineDied() throws Exception {
        running.keep(running.signer.policy(1));
        running.processes.last().kill();
        running.processes.startGate = gate;
    }

    /** An input's outcome, once the engine's process that it needs begins to start. */
    private CompletableFuture<Replies.Outcome> asked() throws Exception {
        CompletableFuture<Replies.Outcome> outcome = CompletableFuture.supplyAsync(() -> {
            try {
                return running.answered();
            } catch (Exception problem) {
                throw new AssertionError(problem);
            }
        });
        gate.awaitRun();
        return outcome;
    }

    private Replies.Outcome once(CompletableFuture<Replies.Outcome> outcome) throws Exception {
        running.processes.startGate = null;
        gate.open();
        return outcome.get(10, TimeUnit.SECONDS);
    }

    @Test(timeout = LONGEST_MS)
    public void aPolicyIsTakenBackMeanwhileAndNothingIsAnsweredByIt() throws Exception {
        CompletableFuture<Replies.Outcome> outcome = asked();
        running.core().inbox().rollBack("a test");
        assertEquals(-1, running.followed());
        assertEquals(ServiceException.Reason.NO_POLICY, once(outcome).reason());
        assertEquals("what had started is ended", 0, running.processes.engines.open.get());
    }

    @Test(timeout = LONGEST_MS)
    public void anotherPolicyIsFollowedMeanwhileByAnEngineOfItsOwn() throws Exception {
        CompletableFuture<Replies.Outcome> outcome = asked();
        running.receive(2);
        once(outcome);
        assertNull(running.answered().reason());
        assertEquals(2, running.followed());
        assertEquals("the first one's was ended", 1, running.processes.engines.open.get());
    }

    @Test(timeout = LONGEST_MS)
    public void theNewEngineKnowsMemoryAndPinThatCameMeanwhile() throws Exception {
        CompletableFuture<Replies.Outcome> outcome = asked();
        Memory memory = new Memory(4096);
        int region = running.core().engines().attach(memory);
        running.core().engines().pin(running.core().engines().policy(), EXACT);
        Replies.Outcome answer = once(outcome);
        assertNull(answer.reason());
        assertEquals("as pinned", EXACT, answer.answer().rung());
        assertEquals(EXACT, running.processes.last().answer(region, 0, 64, null).rung());
        running.core().engines().detach(region);
        assertTrue(memory.closed.get());
    }

    @Test(timeout = LONGEST_MS)
    public void theServiceIsClosedMeanwhileAndLeavesNoEngine() throws Exception {
        CompletableFuture<Replies.Outcome> outcome = asked();
        running.core().engines().close();
        assertEquals(ServiceException.Reason.CLOSED, once(outcome).reason());
        assertEquals(0, running.processes.engines.open.get());
    }
}
