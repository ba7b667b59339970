package dev.approxlite.service.client;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertThrows;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Engine;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.FakeEngines;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.Signer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** An app's own engine follows only what computes the recorded bits here, and what its guard knows outlives it. */
public class InProcessTest {
    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    /** {@code approx_alarm}. */
    private static final int DISAGREEMENT = 1;
    /** {@code approx_alarm}. */
    private static final int NOT_FINITE = 2;

    private final FakeEngines engines = new FakeEngines();

    private InProcess local(String probes) throws Exception {
        Path contract = Paths.get(System.getProperty("contract"), "policy.json");
        String json = new String(Files.readAllBytes(contract), StandardCharsets.UTF_8);
        json = json.replaceFirst("\"probes\"\\s*:\\s*\\[[^\\]]*\\]", "\"probes\": " + probes);
        PolicyArchive policy = PolicyArchive.read(new Signer().sign(json));
        return new InProcess(engines, policy, List.of(), temporary.getRoot().toPath().resolve("guards"));
    }

    @Test
    public void theGuardsStateIsThereForTheNextEngineOnceACheckIsToldOf() throws Exception {
        InProcess local = local("[]");
        ByteBuffer tensor = ByteBuffer.allocateDirect(FakeEngines.BYTES);
        try (Engine engine = local.open()) {
            assertArrayEquals(new byte[512], engines.guardState);
            engines.alarm = 1;
            engine.answer(tensor, ByteBuffer.allocateDirect(FakeEngines.BYTES), InputContext.UNKNOWN);
            assertNotNull(engine.finish());
        }
        damage();
        local.open().close();
        for (byte each : engines.guardState) {
            assertEquals("a state that no guard can read", (byte) 0xff, each);
        }
        assertEquals(0, engines.open.get());
    }

    @Test
    public void anAlarmThatNoCheckRaisedIsKeptBeforeItsAnswerIsGiven() throws Exception {
        engines.tripwire = NOT_FINITE;
        local("[]").open().answer(tensor(), tensor(), InputContext.UNKNOWN); // and the app is killed
        engines.tripwire = 0;
        try (Engine engine = local("[]").open()) {
            assertEquals(NOT_FINITE, engine.guard().alarm());
            assertEquals("exact", 1, engine.answer(tensor(), tensor(), InputContext.UNKNOWN).rung());
        }
    }

    @Test
    public void anAppThatNeverAsksForChecksKeepsWhatTheyFoundAllTheSame() throws Exception {
        Engine engine = local("[]").open();
        engines.alarm = DISAGREEMENT;
        engine.answer(tensor(), tensor(), InputContext.UNKNOWN);
        engine.answer(tensor(), tensor(), InputContext.UNKNOWN); // and the app is killed
        engines.alarm = 0;
        try (Engine after = local("[]").open()) {
            assertEquals(DISAGREEMENT, after.guard().alarm());
        }
    }

    @Test
    public void anAppThatNeverAsksForChecksKeepsThoseThatAgreedToo() throws Exception {
        Engine engine = local("[]").open();
        engines.agrees = true;
        engine.answer(tensor(), tensor(), InputContext.UNKNOWN);
        engine.answer(tensor(), tensor(), InputContext.UNKNOWN); // and the app is killed
        local("[]").open().close();
        assertEquals("one check", 1, engines.guardState[1]);
    }

    @Test
    public void anAlarmOutlivesAnEngineThatIsClosedWhileItAnswers() throws Exception {
        Engine engine = local("[]").open();
        engines.tripwire = NOT_FINITE;
        engines.meanwhile = engine::close;
        engine.answer(tensor(), tensor(), InputContext.UNKNOWN);
        engines.tripwire = 0;
        try (Engine after = local("[]").open()) {
            assertEquals(NOT_FINITE, after.guard().alarm());
        }
    }

    @Test
    public void anAlarmThatThereIsNoRoomForHoldsForTheNextEngineWhichKeepsIt() throws Exception {
        InProcess local = local("[]");
        Engine engine = local.open();
        Path guards = temporary.getRoot().toPath().resolve("guards");
        Path aside = Files.move(guards, guards.resolveSibling("aside"));
        Files.createFile(guards);
        engines.tripwire = NOT_FINITE;
        engine.answer(tensor(), tensor(), InputContext.UNKNOWN);
        engines.tripwire = 0;
        Files.delete(guards);
        Files.move(aside, guards);
        local.open().answer(tensor(), tensor(), InputContext.UNKNOWN); // and the app is killed
        try (Engine after = local("[]").open()) {
            assertEquals(NOT_FINITE, after.guard().alarm());
        }
    }

    @Test
    public void whatAClosedEngineForgotIsNotTakenForKept() throws Exception {
        Engine engine = local("[]").open();
        engines.agrees = true;
        engines.forgets = true;
        engine.answer(tensor(), tensor(), InputContext.UNKNOWN);
        engines.meanwhile = engine::close;
        EngineException problem = assertThrows(EngineException.class, engine::finish);
        assertEquals(EngineException.Reason.CANNOT_RUN, problem.reason());
    }

    private static ByteBuffer tensor() {
        return ByteBuffer.allocateDirect(FakeEngines.BYTES);
    }

    private void damage() throws IOException {
        try (var states = Files.list(temporary.getRoot().toPath().resolve("guards"))) {
            for (Path each : (Iterable<Path>) states::iterator) {
                Files.write(each, new byte[7]);
            }
        }
    }

    @Test
    public void otherBitsThanRecordedAreNotFollowed() throws Exception {
        String zeros = "0".repeat(64);
        String probe = "{'rung': 0, 'seed': 1, 'inputs_sha256': '" + zeros + "', 'outputs_sha256': '" + zeros + "'}";
        InProcess local = local("[" + probe.replace('\'', '"') + "]");
        EngineException refused = assertThrows(EngineException.class, local::open);
        assertEquals(EngineException.Reason.WRONG_PROBES, refused.reason());
        assertEquals(0, engines.open.get());
    }
}
