package dev.approxlite.engine;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;

import dev.approxlite.policy.Contract;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.policy.PolicyException.Reason;
import dev.approxlite.policy.PolicyStore;
import dev.approxlite.policy.Sha256;
import dev.approxlite.policy.Signer;
import dev.approxlite.policy.TrustedKeys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/**
 * Every policy that must not run here is refused with its reason, and the running one stays as it was, byte for byte.
 */
public class PhoneAdmissionTest {
    private static final ByteBuffer MODEL = ByteBuffer.allocateDirect(4);

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private final FakeEngines engines = new FakeEngines();
    private PhoneAdmission admission;
    private Signer signer;
    private PolicyStore store;
    private Path folder;
    private String json;

    @Before
    public void runAPolicy() throws Exception {
        signer = new Signer();
        json = withProbe(Contract.text("policy.json"), 7).replaceFirst("\"sequence\"\\s*:\\s*1", "\"sequence\": 5");
        admission = admission(PhoneAdmission.inProcess(engines));
        folder = temporary.getRoot().toPath().resolve("policies");
        store = PolicyStore.open(folder);
        store.install(signer.sign(json), signer.keys(), admission);
        store.confirm();
    }

    private PhoneAdmission admission(PhoneAdmission.Trial trial) {
        Clock clock = Clock.fixed(Instant.parse("2026-06-01T00:00:00Z"), ZoneOffset.UTC);
        return new PhoneAdmission(sha256 -> json.contains(sha256) ? MODEL : null, 1, "pixel-8", clock, trial);
    }

    /** The policy with one probe, of rung 1, as FakeEngines answers it. */
    private static String withProbe(String policy, long seed) {
        byte[] inputs = Probes.inputs(Engine.ElementType.INT8, FakeEngines.BYTES, seed);
        byte[] outputs = inputs.clone();
        for (int i = 0; i < outputs.length; ++i) {
            outputs[i] += 1;
        }
        String probe = "\"probes\": [{\"rung\": 1, \"seed\": " + seed + ", \"inputs_sha256\": \"" + Sha256.of(inputs)
                + "\", \"outputs_sha256\": \"" + Sha256.of(outputs) + "\"}]";
        return policy.replaceFirst("(?s)\"probes\"\\s*:\\s*\\[.*?\\]", probe);
    }

    private String next(String pattern, String replacement) {
        String changed = json.replaceFirst("\"sequence\": 5", "\"sequence\": 6").replaceFirst(pattern, replacement);
        assertFalse("nothing was replaced by " + replacement, changed.equals(json.replaceFirst("\"sequence\": 5",
                "\"sequence\": 6")));
        return changed;
    }

    private void refused(Reason reason, byte[] archive, TrustedKeys keys) throws Exception {
        byte[] before = content();
        PolicyException refusal =
                assertThrows(reason.name(), PolicyException.class, () -> store.install(archive, keys, admission));
        assertEquals(refusal.getMessage(), reason, refusal.reason());
        assertFalse(refusal.getMessage().isEmpty() || refusal.getMessage().contains("\n"));
        assertArrayEquals(before, content());
        assertEquals(5, store.running().policy().sequence());
        assertEquals(5, PolicyStore.open(folder).running().policy().sequence());
        assertEquals("engines left open", 0, engines.open.get());
    }

    private byte[] content() throws Exception {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path each : (Iterable<Path>) files.sorted()::iterator) {
                all.append(each.getFileName()).append(' ').append(Sha256.of(Files.readAllBytes(each))).append('\n');
            }
        }
        return all.toString().getBytes("UTF-8");
    }

    private void refused(Reason reason, String policy) throws Exception {
        refused(reason, signer.sign(policy), signer.keys());
    }

    @Test
    public void whatIsSignedByNobodyOrAStrangerOrWasChangedIsRefused() throws Exception {
        String next = next("\"tool_version\"", "\"tool_version\"  ");
        byte[] good = signer.sign(next);
        refused(Reason.UNKNOWN_KEY, new Signer().sign(next), signer.keys());
        refused(Reason.UNKNOWN_KEY, good, TrustedKeys.none());
        refused(Reason.UNSIGNED, Contract.archive("policy.json", next.getBytes("UTF-8")), signer.keys());
        byte[] signature = signatureOf(good);
        byte[] other = next.replaceFirst("\"epsilon\"\\s*:\\s*0\\.", "\"epsilon\": 0.9").getBytes("UTF-8");
        refused(Reason.CHANGED, Contract.archive("policy.json", other, "signature", signature), signer.keys());
        String bent = new String(signature, "UTF-8").replaceFirst("\"value\":\"M", "\"value\":\"N");
        refused(
                Reason.CHANGED,
                Contract.archive("policy.json", next.getBytes("UTF-8"), "signature", bent.getBytes("UTF-8")),
                signer.keys());
    }

    private static byte[] signatureOf(byte[] archive) {
        String text = new String(archive, java.nio.charset.StandardCharsets.ISO_8859_1);
        int begin = text.indexOf("{\"version\":1,\"algorithm\"");
        return Arrays.copyOfRange(archive, begin, text.indexOf("\"}", begin) + 2);
    }

    @Test
    public void whatIsForOtherModelsKernelsPhonesOrTimesIsRefused() throws Exception {
        refused(Reason.OTHER_MODEL, next("\"sha256\"\\s*:\\s*\"....", "\"sha256\": \"ffff"));
        refused(Reason.OTHER_NUMERICS, next("\"numerics_version\"\\s*:\\s*1", "\"numerics_version\": 2"));
        refused(Reason.OTHER_DEVICE, next("\"device_class\"\\s*:\\s*null", "\"device_class\": \"pixel-9\""));
        refused(Reason.EXPIRED, next("\"not_after\"\\s*:\\s*null", "\"not_after\": \"2026-05-31T00:00:00Z\""));
        refused(Reason.EXPIRED, next("\"not_before\"\\s*:\\s*\"[^\"]*\"", "\"not_before\": \"2026-06-02T00:00:00Z\""));
    }

    @Test
    public void whatIsTruncatedOversizedReplayedOrHasAnUnknownFieldIsRefused() throws Exception {
        byte[] good = signer.sign(next("\"tool_version\"", "\"tool_version\"  "));
        refused(Reason.DAMAGED, Arrays.copyOf(good, good.length / 2), signer.keys());
        refused(Reason.OVERSIZED, next("\\{", "{" + " ".repeat(20_001)));
        refused(Reason.OVERSIZED, new byte[PolicyArchive.MAX_BYTES + 1], signer.keys());
        refused(Reason.REPLAYED, json);
        refused(Reason.REPLAYED, json.replaceFirst("\"sequence\": 5", "\"sequence\": 4"));
        refused(Reason.UNKNOWN_FIELD, next("\\{", "{\"surprise\": 1, "));
        refused(Reason.INVALID, next("\"exact_rung\"\\s*:\\s*0", "\"exact_rung\": 1"));
    }

    @Test
    public void whatComputesOtherBitsHereIsRefused() throws Exception {
        String next = json.replaceFirst("\"sequence\": 5", "\"sequence\": 6");
        engines.drift = 1;
        refused(Reason.WRONG_PROBES, next);
        engines.drift = 0;
        refused(Reason.WRONG_PROBES, withProbe(next, 7).replaceFirst("\"seed\": 7", "\"seed\": 8"));
        store.install(signer.sign(next), signer.keys(), admission);
        assertEquals(6, store.running().policy().sequence());
    }

    @Test
    public void aProcessThatDiedSaysNothingOfThePolicyWhichMayComeAgain() throws Exception {
        byte[] next = signer.sign(json.replaceFirst("\"sequence\": 5", "\"sequence\": 6"));
        byte[] before = content();
        PhoneAdmission dying = admission((archive, models) -> {
            throw new EngineException(EngineException.Reason.DIED, "the engine's process died");
        });
        IOException passing = assertThrows(IOException.class, () -> store.install(next, signer.keys(), dying));
        assertEquals("it could not be tried now: the engine's process died", passing.getMessage());
        assertArrayEquals(before, content());
        store.install(next, signer.keys(), admission);
        assertEquals(6, store.running().policy().sequence());
    }

    @Test
    public void aPolicyThatCannotBeRunHereIsRefused() throws Exception {
        admission = admission((archive, models) -> {
            throw new EngineException(EngineException.Reason.CANNOT_RUN, "no such kernel");
        });
        refused(Reason.INVALID, json.replaceFirst("\"sequence\": 5", "\"sequence\": 6"));
    }

    @Test
    public void aPolicyOfTheRightKindOfPhoneIsTaken() throws Exception {
        store.install(
                signer.sign(next("\"device_class\"\\s*:\\s*null", "\"device_class\": \"pixel-8\"")), signer.keys(),
                        admission);
        assertEquals(6, store.running().policy().sequence());
    }
}
