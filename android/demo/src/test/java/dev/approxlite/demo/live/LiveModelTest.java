package dev.approxlite.demo.live;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import dev.approxlite.context.InputContext;
import dev.approxlite.policy.Policy;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** What is shown follows from what the engine answered, over the keyword policy that the app carries. */
public class LiveModelTest {
    private static final Path POLICY = Path.of("android/demo/src/main/assets/keyword.approx");
    private static final int INPUTS = 490;

    @Rule
    public final TemporaryFolder folder = new TemporaryFolder();

    private final float[] input = new float[INPUTS];
    private PolicyArchive archive;
    private Policy policy;
    private ScriptedEngines engines;
    private Path state;

    @Before
    public void readThePolicy() throws Exception {
        archive = PolicyArchive.read(Files.readAllBytes(POLICY));
        policy = archive.policy();
        engines = new ScriptedEngines(policy.numericsVersion(), INPUTS, 12);
        engines.candidate = policy.certified() - 1;
        state = folder.getRoot().toPath().resolve("guard");
    }

    private LiveModel opened() throws Exception {
        return new LiveModel(engines, (each, models) -> {}, archive, sha256 -> ByteBuffer.allocateDirect(1), state);
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

    @Test
    public void whatTheGuardKnowsIsTakenUpAgain() throws Exception {
        try (LiveModel model = opened()) {
            assertNull(engines.guardState);
            model.keep();
        }
        try (LiveModel model = opened()) {
            assertEquals(ScriptedEngines.STATE_BYTES, engines.guardState.length);
            engines.alarm = 1;
            assertEquals(1, model.observe(input, InputContext.UNKNOWN).alarm());
        }
        assertEquals(0, engines.open);
    }

    @Test
    public void aPolicyForOtherKernelsOrModelsIsRefused() {
        ScriptedEngines others = new ScriptedEngines(policy.numericsVersion() + 1, INPUTS, 12);
        assertThrows(
                PolicyException.class,
                () -> new LiveModel(others, (each, models) -> {}, archive, sha -> ByteBuffer.allocate(1), state));
        PolicyException refused = assertThrows(
                PolicyException.class, () -> new LiveModel(engines, (each, models) -> {}, archive, sha -> null, state));
        assertEquals(PolicyException.Reason.OTHER_MODEL, refused.reason());
        assertEquals(0, engines.open);
    }
}
