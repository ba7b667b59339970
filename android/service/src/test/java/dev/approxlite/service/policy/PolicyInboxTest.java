package dev.approxlite.service.policy;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;

import dev.approxlite.engine.Answer;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.policy.Sha256;
import dev.approxlite.service.RunningCore;
import dev.approxlite.service.queue.ServiceException;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;

/** A policy that does harm, or no longer holds, is left first and written of afterwards, whatever the disk says. */
public class PolicyInboxTest {
    @Rule
    public final RunningCore running = new RunningCore();

    private byte[] second;

    @Before
    public void startWithAGoodPolicyAndOneOnTrial() throws Exception {
        running.keep(running.signer.policy(1));
        second = running.signer.recertified(2);
        receive(second);
    }

    private long receive(byte[] policy) throws Exception {
        return running.core().inbox().receive(policy, "a test");
    }

    private void rollBack() throws IOException {
        running.core().inbox().rollBack("a test");
    }

    @Test
    public void aLogThatCannotBeWrittenKeepsNoPolicyGoing() throws Exception {
        running.core().audit().close();
        running.processes.engines.tripwire = RunningCore.NOT_FINITE;
        running.answered();
        running.awaitFollowed(1);
        for (int i = 0; i < 1000 && running.core().inbox().problem().isEmpty(); ++i) {
            Thread.sleep(10);
        }
        assertFalse(running.core().inbox().problem().isEmpty());
        rollBack();
        assertEquals("exact", -1, running.followed());
        running.processes.engines.tripwire = 0;
        assertEquals(3, receive(running.signer.recertified(3)));
        assertEquals("what was installed is followed", 3, running.followed());
    }

    @Test
    public void aPolicyIsLeftThoughTheStoreIsGoneAndAgainAtTheNextStart() throws Exception {
        Path aside = running.without("policies");
        running.processes.engines.tripwire = RunningCore.NOT_FINITE;
        running.answered();
        running.awaitFollowed(-1); // nor can the good one be read
        running.processes.engines.tripwire = 0;
        running.putBack(aside, "policies");
        running.restart();
        assertEquals("on trial again, for nothing says otherwise", 2, running.followed());
        assertEquals("and latched", 1, running.answered().answer().rung());
        running.awaitFollowed(1);
        running.restart();
        assertEquals(1, running.followed());
    }

    @Test
    public void thatAPolicyWasLeftIsWrittenOnceThereIsRoom() throws Exception {
        Path inTheWay = Files.createDirectory(running.folder().resolve("policies/state.unfinished"));
        Path something = Files.createFile(inTheWay.resolve("something"));
        assertThrows(IOException.class, () -> rollBack());
        assertEquals(1, running.followed());
        Files.delete(something);
        Files.delete(inTheWay);
        Thread.sleep(1100);
        running.answered();
        Path left = running.folder().resolve("policies/" + Sha256.of(second) + ".approx");
        for (int i = 0; i < 500 && Files.exists(left); ++i) {
            Thread.sleep(10);
        }
        running.restart();
        assertEquals(1, running.followed());
    }

    @Test
    public void aPolicyThatComesIsFollowedWithItsGuardsStateOrNotAtAll() throws Exception {
        Path aside = running.without("guards");
        assertThrows(IOException.class, () -> receive(running.signer.recertified(3)));
        assertEquals(2, running.followed());
        running.putBack(aside, "guards");
        running.restart();
        assertEquals("neither did the store take it", 2, running.followed());
        running.answered();
        assertArrayEquals("nor is exact latched", new byte[GuardStates.BYTES], running.processes.engines.guardState);
        aside = running.without("policies");
        assertThrows(IOException.class, () -> receive(running.signer.recertified(3)));
        running.putBack(aside, "policies");
        running.restart();
        assertEquals(2, running.followed());
        assertEquals(3, receive(running.signer.recertified(3)));
        running.answered();
        assertArrayEquals(new byte[GuardStates.BYTES], running.processes.engines.guardState);
    }

    @Test
    public void aCandidateThatTakesLongKeepsNothingElseWaiting() throws Exception {
        CountDownLatch tried = new CountDownLatch(1);
        CountDownLatch enough = new CountDownLatch(1);
        running.admission = archive -> {
            tried.countDown();
            try {
                enough.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException asked) {
                throw new AssertionError(asked);
            }
        };
        byte[] slow = running.signer.recertified(3);
        Thread desk = new Thread(() -> {
            try {
                receive(slow);
            } catch (Exception problem) {
                throw new AssertionError(problem);
            }
        });
        desk.start();
        tried.await();
        running.processes.engines.tripwire = RunningCore.NOT_FINITE;
        running.answered();
        running.awaitFollowed(1);
        running.processes.engines.tripwire = 0;
        enough.countDown();
        desk.join();
        assertEquals(3, running.followed());
    }

    @Test
    public void aPolicyWhoseTimeIsOverIsLeftAndSoIsOneBeforeIt() throws Exception {
        byte[] short1 = running.signer.until("2026-07-01T00:00:00Z", 3);
        receive(short1);
        assertNull(running.answered().reason());
        assertEquals(3, running.followed());
        running.clock = Clock.offset(running.clock, Duration.ofDays(40));
        running.answered();
        running.awaitFollowed(1);
        running.awaitAudit("no longer to be followed: the policy held until 2026-07-01T00:00:00Z");
        receive(running.signer.until("2026-08-01T00:00:00Z", 4));
        running.clock = Clock.offset(running.clock, Duration.ofDays(400));
        running.restart();
        assertEquals("also where nothing is asked", 1, running.followed());
    }

    @Test
    public void aPolicyThatAnUpdateCanNoLongerRunIsLeft() throws Exception {
        running.processes.refusal = new EngineException(EngineException.Reason.WRONG_PROBES, "computes other bits");
        running.restart();
        assertEquals(Reason.CANNOT_RUN, running.answered().reason());
        running.awaitFollowed(1);
        running.awaitAudit("cannot be run here: computes other bits");
        running.processes.refusal = new EngineException(EngineException.Reason.CANNOT_RUN, "no memory");
        running.answered();
        running.answered();
        assertEquals("a moment's want of memory is forgiven", 1, running.followed());
        running.answered();
        running.awaitFollowed(-1);
    }

    @Test
    public void whatAPolicyThatWasLeftStillAnswersIsNoneOfTheNextOnes() throws Exception {
        PolicyArchive left = running.core().engines().policy();
        rollBack();
        Answer late = new Answer(0, 0, 0, 0, 3, 1, 1000, 1, false, RunningCore.NOT_FINITE);
        running.core().inbox().answered(left, late, null);
        byte[] state = new byte[GuardStates.BYTES];
        running.core().inbox().guarded(left, new GuardStatus(RunningCore.NOT_FINITE, 1, 0, 0, 0, 1, state));
        Followed now = running.core().inbox().followed();
        assertEquals(1, now.policy().policy().sequence());
        assertEquals(0, now.alarm());
        assertEquals(0, now.tally().answers());
        assertNull(now.tally().last());
        assertEquals(GuardStatus.NONE, now.tally().guard());
    }

    @Test
    public void whatThereWasNoRoomForIsWrittenThoughExactAnswersNothing() throws Exception {
        Path aside = running.without("policies");
        assertThrows(IOException.class, () -> rollBack());
        assertEquals("not even the good one can be read", -1, running.followed());
        running.putBack(aside, "policies");
        rollBack();
        running.restart();
        assertEquals(1, running.followed());
    }

    @Test
    public void aKeyThatWasForgottenWhileItsPolicyWasTriedInstallsNothing() throws Exception {
        running.admission = archive -> running.keysRevoked = true;
        assertThrows(PolicyException.class, () -> receive(running.signer.recertified(3)));
        assertEquals(2, running.followed());
    }

    @Test
    public void aPinThatWasMeantForAnotherPolicyIsRefused() throws Exception {
        PolicyArchive meant = running.core().engines().policy();
        rollBack();
        ServiceException changed = assertThrows(
                ServiceException.class, () -> running.core().pin(meant, 1, "a test"));
        assertEquals(Reason.POLICY_CHANGED, changed.reason());
        assertEquals(-1, running.core().engines().pinned());
    }

    @Test
    public void aTrialWhosePolicyWasDamagedIsOver() throws Exception {
        Path damaged = running.folder().resolve("policies/" + Sha256.of(second) + ".approx");
        Files.write(damaged, new byte[] {1});
        running.restart();
        assertEquals(1, running.followed());
        assertFalse("the good one is not tried anew", running.core().inbox().followed().onTrial());
    }
}
