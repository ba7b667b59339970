package dev.approxlite.service.policy;

import static dev.approxlite.service.RunningCore.NOT_FINITE;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;

import dev.approxlite.engine.Answer;
import dev.approxlite.policy.CertificateText;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.service.RunningCore;
import dev.approxlite.service.engine.EngineProcess;
import dev.approxlite.service.engine.EngineSupervisor;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;

/** An alarm that an output raised by itself, without a check, is kept, told of and acted on as a canary's is. */
public class GuardAlarmTest {
    /** What the fake engines answer by while their guard is latched. */
    private static final int EXACT = 1;

    @Rule
    public final RunningCore running = new RunningCore();

    @Before
    public void startWithAGoodPolicy() throws Exception {
        running.keep(running.signer.policy(1));
    }

    private int rung() throws Exception {
        return running.answered().answer().rung();
    }

    private void alarmOnce() throws Exception {
        running.processes.engines.tripwire = NOT_FINITE;
        rung();
        running.processes.engines.tripwire = 0;
    }

    private void receive(byte[] policy) throws Exception {
        running.core().inbox().receive(policy, "a test");
    }

    @Test
    public void itIsWrittenDownAndOutlivesTheEngineAndTheService() throws Exception {
        alarmOnce();
        running.awaitAudit("alarm not_finite");
        assertEquals(NOT_FINITE, running.core().inbox().followed().alarm());
        assertEquals("only what is on trial is taken back", 1, running.followed());
        running.processes.last().kill();
        running.answered(); // which the engine died of
        assertEquals(EXACT, rung());
        running.restart();
        assertEquals(EXACT, rung());
        assertEquals(NOT_FINITE, running.core().inbox().followed().alarm());
    }

    @Test
    public void aPolicyOnTrialIsRolledBackByItself() throws Exception {
        receive(running.signer.recertified(2));
        alarmOnce();
        running.awaitAudit("rolled back: its guard alarmed on trial: not_finite");
        assertEquals(1, running.followed());
    }

    @Test
    public void theSameCertificateUnderAnotherSequenceNumberStaysLatched() throws Exception {
        alarmOnce();
        running.awaitAudit("alarm not_finite");
        receive(running.signer.policy(2));
        assertEquals(EXACT, rung());
        running.awaitFollowed(1);
        running.core().inbox().rollBack("a test"); // nothing is left that names the certificate
        receive(running.signer.policy(3));
        assertEquals(EXACT, rung());
        receive(running.signer.recertified(4));
        assertEquals("another certificate begins anew", 0, rung());
    }

    @Test
    public void itIsKeptOnceThereIsRoomAgain() throws Exception {
        Path aside = running.without("guards");
        alarmOnce();
        assertFalse(running.core().inbox().problem().isEmpty());
        running.putBack(aside, "guards");
        awaitSaved(running.signer.policy(1));
        running.restart();
        assertEquals(EXACT, rung());
    }

    private Path file(byte[] policy) throws Exception {
        String certificate = CertificateText.name(PolicyArchive.read(policy));
        return running.folder().resolve("guards/" + certificate + ".guard");
    }

    /** Until inputs that are answered have brought the alarm of this policy's certificate to the disk. */
    private void awaitSaved(byte[] policy) throws Exception {
        for (int i = 0; i < 500 && Files.readAllBytes(file(policy))[0] != NOT_FINITE; ++i) {
            rung();
            Thread.sleep(10);
        }
        assertEquals(NOT_FINITE, Files.readAllBytes(file(policy))[0]);
    }

    /** What is on trial alarms while there is no room for its guard's state, and is taken back. */
    private void alarmOnTrialWithoutRoom(byte[] policy) throws Exception {
        receive(policy);
        Path file = file(policy);
        Path unfinished = Files.createDirectory(file.resolveSibling(file.getFileName() + ".unfinished"));
        Path something = Files.createFile(unfinished.resolve("something"));
        alarmOnce();
        running.awaitFollowed(1);
        assertEquals(0, Files.readAllBytes(file)[0]);
        Files.delete(something);
        Files.delete(unfinished);
    }

    @Test
    public void thereBeingNoRoomForItLetsNoPolicyOfItsCertificateGoOn() throws Exception {
        alarmOnTrialWithoutRoom(running.signer.policy(2));
        assertEquals(EXACT, rung());
    }

    @Test
    public void itIsKeptOnceThereIsRoomThoughAnotherCertificateIsFollowed() throws Exception {
        byte[] alarmed = running.signer.recertified(2);
        alarmOnTrialWithoutRoom(alarmed);
        assertEquals(0, rung());
        awaitSaved(alarmed);
    }

    @Test
    public void itOutlivesAnEngineThatDiesBeforeItGaveItsState() throws Exception {
        running.processes.dieAfterAnswers = true;
        alarmOnce();
        running.processes.dieAfterAnswers = false;
        running.awaitAudit("alarm not_finite");
        assertEquals(EXACT, rung());
        running.restart();
        assertEquals(EXACT, rung());
    }

    /** A push of the same certificate, between what an engine tells and the state of its guard. */
    private void pushMeanwhile() {
        running.processes.lingers = true;
        running.processes.engines.meanwhile = () -> running.receive(2);
    }

    @Test
    public void itOutlivesAnEngineThatIsClosedBeforeItGaveItsState() throws Exception {
        running.processes.engines.forgets = true;
        pushMeanwhile();
        alarmOnce();
        assertEquals(2, running.followed());
        assertEquals(EXACT, rung());
        running.restart();
        assertEquals(EXACT, rung());
    }

    @Test
    public void anEngineThatIsClosedAndForgetsItsStateTakesNoEvidenceWithIt() throws Exception {
        running.processes.engines.agrees = true;
        rung();
        running.processes.engines.forgets = true;
        running.processes.engines.meanwhile = this::pushMeanwhile; // after the answer comes the check
        rung(); // what came of its check is lost, but not what was found before
        rung();
        assertEquals(GuardStates.BYTES, running.processes.engines.guardState.length);
        assertEquals("one check", 1, running.processes.engines.guardState[1]);
    }

    @Test
    public void itOutlivesAnEngineThatEndsBecauseItsPolicyIsTakenBackToExact() throws Exception {
        EngineSupervisor engines = running.core().engines();
        EngineProcess asked = engines.engine();
        running.core().inbox().rollBack("a test");
        engines.answered(asked, new Answer(0, 0, 0, 0, 3, 1, 1, 1, false, NOT_FINITE));
        receive(running.signer.policy(2));
        assertEquals(EXACT, rung());
    }
}
