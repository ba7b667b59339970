package dev.approxlite.demo.live;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.policy.LadderRung;
import dev.approxlite.policy.Policy;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.service.client.Remote;
import dev.approxlite.service.queue.ServiceException;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.Before;
import org.junit.Test;

/** What is shown follows from what the engine answered, over the keyword policy that the app carries. */
public class LiveModelTest {
    private static final Path POLICY = Path.of("android/demo/src/main/assets/keyword.approx");
    private static final int INPUTS = 490;

    private final float[] input = new float[INPUTS];
    private PolicyArchive archive;
    private Policy policy;
    private ScriptedEngines engines;
    private Remote remote;

    @Before
    public void readThePolicy() throws Exception {
        archive = PolicyArchive.read(Files.readAllBytes(POLICY));
        policy = archive.policy();
        engines = new ScriptedEngines(policy.numericsVersion(), INPUTS, 12);
        engines.candidate = policy.certified() - 1;
    }

    private LiveModel opened() throws Exception {
        return new LiveModel(engines, archive, sha256 -> ByteBuffer.allocateDirect(1), own(engines), 12, remote);
    }

    private static LiveModel.Own own(ScriptedEngines engines) {
        return (each, models) -> () -> engines.open(each, models, null);
    }

    private double cost(int rung) {
        return policy.ladder().get(rung).cost().value();
    }

    @Test
    public void theReadingSaysWhatWasAnsweredAndWhy() throws Exception {
        try (LiveModel model = opened()) {
            engines.label = 7;
            engines.rung = policy.candidates().get(engines.candidate).stages().get(0).rung();
            input[0] = 3;
            Reading reading = model.observe(input, InputContext.UNKNOWN);
            assertEquals(3f, engines.firstInput, 0);
            assertEquals(7, reading.label());
            assertEquals(0.75f, reading.confidence(), 0);
            assertEquals(engines.rung, reading.rung());
            assertEquals(policy.ladder().get(engines.rung).configuration(), reading.configuration());
            assertEquals(0, reading.chosen());
            assertEquals(1, reading.reason());
            assertEquals(1.5, reading.latencyMs(), 1e-9);
            assertEquals(Savings.Unit.TIME, reading.unit());
            assertEquals(1 - cost(engines.rung) / cost(policy.exactRung()), reading.saved(), 1e-9);
        }
    }

    @Test
    public void whatEscalationsAndChecksCostIsCounted() throws Exception {
        try (LiveModel model = opened()) {
            var stages = policy.candidates().get(engines.candidate).stages();
            assertTrue(stages.size() > 1);
            engines.escalatedFrom = 1 << stages.get(0).rung();
            engines.rung = stages.get(1).rung();
            double spent = cost(stages.get(0).rung()) + cost(engines.rung);
            assertEquals(
                    1 - spent / cost(policy.exactRung()), model.observe(input, InputContext.UNKNOWN).saved(), 1e-9);
            engines.checks = true;
            spent += spent + cost(policy.exactRung());
            Reading reading = model.observe(input, InputContext.UNKNOWN);
            assertEquals(1 - spent / (2 * cost(policy.exactRung())), reading.saved(), 1e-9);
            assertEquals(2, reading.checks());
        }
    }

    @Test
    public void pinnedExactSavesNothing() throws Exception {
        try (LiveModel model = opened()) {
            model.pin(Pin.exact(policy));
            Reading reading = model.observe(input, InputContext.UNKNOWN);
            assertEquals(policy.exactRung(), reading.rung());
            assertEquals(0, reading.saved(), 1e-9);
            model.pin(Pin.AUTO);
            assertEquals(-1, engines.pinned);
        }
    }

    /** A service whose policy has its rungs the other way round. */
    private final class Service implements Remote {
        Reason refuses;
        boolean closed;

        @Override
        public Answer ask(ByteBuffer from, ByteBuffer to, float deadlineMs) throws ServiceException {
            if (refuses != null) {
                throw new ServiceException(refuses, "scripted");
            }
            to.putFloat(4 * Float.BYTES, 0.5f);
            return new Answer(0, -1, 0, 0, 1, 1, 2_000_000, 1, false);
        }

        @Override
        public Policy policy() {
            return reversed(policy);
        }

        @Override
        public GuardStatus guard() {
            return new GuardStatus(3, 40, 10, 2, Double.NaN, Double.NaN, new byte[0]);
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private static Policy reversed(Policy policy) {
        List<LadderRung> ladder = new ArrayList<>(policy.ladder());
        Collections.reverse(ladder);
        return new Policy(
                99, policy.models(), policy.numericsVersion(), null, ladder, ladder.size() - 1 - policy.exactRung(),
                policy.agreement(), policy.classMaps(), policy.rule(), policy.candidates(), policy.inputRms(), null,
                List.of(), policy.notBefore(), null, null, null);
    }

    @Test
    public void whatTheServiceAnswersIsToldInTermsOfItsPolicyAndItsGuard() throws Exception {
        Service service = new Service();
        remote = service;
        try (LiveModel model = opened()) {
            Reading reading = model.observe(input, InputContext.UNKNOWN);
            assertTrue(reading.byService());
            assertEquals(0, engines.open);
            assertEquals(4, reading.label());
            assertEquals(reversed(policy).ladder().get(0).configuration(), reading.configuration());
            assertEquals(40, reading.answers());
            assertEquals(3, reading.alarm());
            double share = cost(policy.ladder().size() - 1) / cost(policy.exactRung());
            assertEquals(1 - share - 0.25, reading.saved(), 1e-9); // a quarter of answers is checked there
        }
        assertTrue(service.closed);
    }

    @Test
    public void whereTheServiceCannotThisAppAnswersAndTellsWhy() throws Exception {
        Service service = new Service();
        service.refuses = Reason.NO_POLICY;
        remote = service;
        engines.label = 7;
        try (LiveModel model = opened()) {
            Reading reading = model.observe(input, InputContext.UNKNOWN);
            assertFalse(reading.byService());
            assertEquals(Reason.NO_POLICY, reading.refusal());
            assertEquals(7, reading.label());
            assertEquals(policy.ladder().get(reading.rung()).configuration(), reading.configuration());
        }
    }

    @Test
    public void thePinOfAPersonIsForThisAppAlone() throws Exception {
        remote = new Service();
        try (LiveModel model = opened()) {
            model.pin(Pin.exact(policy));
            assertFalse(model.observe(input, InputContext.UNKNOWN).byService());
            model.pin(Pin.AUTO);
            assertTrue(model.observe(input, InputContext.UNKNOWN).byService());
        }
        assertEquals(0, engines.open);
    }

    @Test
    public void aPolicyForOtherKernelsOrModelsIsRefused() {
        ScriptedEngines others = new ScriptedEngines(policy.numericsVersion() + 1, INPUTS, 12);
        assertThrows(
                PolicyException.class,
                () -> new LiveModel(others, archive, sha -> ByteBuffer.allocate(1), own(others), 12, null));
        PolicyException refused = assertThrows(
                PolicyException.class, () -> new LiveModel(engines, archive, sha -> null, own(engines), 12, null));
        assertEquals(PolicyException.Reason.OTHER_MODEL, refused.reason());
        assertEquals(0, engines.open);
    }
}
