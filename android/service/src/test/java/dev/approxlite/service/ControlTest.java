package dev.approxlite.service;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.approxlite.context.DeviceContext;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.Sha256;
import dev.approxlite.policy.Signer;
import dev.approxlite.policy.TrustedKeys;
import dev.approxlite.service.policy.Deliveries.Kind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** The desk asks by words, is answered in one line of JSON, and is told what became of what it brought. */
public class ControlTest {
    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private Signer signer;
    private ServiceCore core;
    private Control control;

    @Before
    public void start() throws Exception {
        signer = new Signer();
        ServiceCore.Parts parts = new ServiceCore.Parts();
        parts.folder = temporary.getRoot().toPath().resolve("service");
        parts.launcher = new LocalProcesses();
        parts.admission = archive -> {};
        parts.keys = TrustedKeys::none;
        parts.permissions = (permission, pid, uid) -> true;
        parts.device = () -> new DeviceContext(() -> 1);
        core = new ServiceCore(parts);
        control = new Control(core);
    }

    @After
    public void stop() throws Exception {
        core.close();
    }

    private Path file(byte[] content) throws IOException {
        Path file = temporary.newFile().toPath();
        Files.write(file, content);
        return file;
    }

    private JsonObject call(String method, String argument) {
        String said = control.call(method, argument, "a test");
        assertFalse(said, said.contains("\n"));
        return JsonParser.parseString(said).getAsJsonObject();
    }

    private JsonObject brought(Kind kind, byte[] content) throws IOException {
        String sha256 = Sha256.of(content);
        core.deliveries().expect(sha256);
        core.deliveries().take(kind, sha256, file(content), "a test", null);
        return call("outcome", sha256);
    }

    private byte[] key() {
        return signer.pem().getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    public void aPolicyIsTakenOnceItsKeyIsTrustedAndNoLongerOnceThatIsForgotten() throws Exception {
        assertEquals("UNKNOWN_KEY", brought(Kind.POLICY, signer.policy(1)).get("reason").getAsString());
        assertEquals("installed", brought(Kind.KEY, key()).get("outcome").getAsString());
        assertEquals(1, brought(Kind.POLICY, signer.policy(1)).get("sequence").getAsInt());
        JsonObject again = brought(Kind.POLICY, signer.policy(1));
        assertEquals("refused", again.get("outcome").getAsString());
        assertEquals("REPLAYED", again.get("reason").getAsString());
        String name = core.trusted().names().iterator().next();
        assertTrue(call("forget_key", "0".repeat(64)).has("error"));
        JsonObject forgotten = call("forget_key", name);
        assertFalse(forgotten.has("error"));
        assertTrue("what that key signed is left", forgotten.get("sequence").isJsonNull());
        assertTrue(control.audit(0), control.audit(0).contains("no longer to be followed: UNKNOWN_KEY"));
        assertEquals("UNKNOWN_KEY", brought(Kind.POLICY, signer.policy(2)).get("reason").getAsString());
    }

    @Test
    public void contentThatComesInTornIsNotTaken() throws Exception {
        byte[] model = {1, 2, 3, 4};
        String sha256 = Sha256.of(model);
        core.deliveries().expect(sha256);
        core.deliveries().take(Kind.MODEL, sha256, file(Arrays.copyOf(model, 3)), "a test", null);
        JsonObject torn = call("outcome", sha256);
        assertEquals("failed", torn.get("outcome").getAsString());
        assertTrue(torn.get("message").getAsString().contains("3 bytes"));
        assertEquals(0, core.models().all().size());
        assertEquals("installed", brought(Kind.MODEL, model).get("outcome").getAsString());
        assertEquals(sha256, core.models().all().get(0));
        assertEquals("unknown", call("outcome", Sha256.of(new byte[] {9})).get("outcome").getAsString());
    }

    @Test
    public void whoAsksForAnOutcomeWaitsUntilTheContentIsTaken() throws Exception {
        byte[] model = {1, 2, 3};
        core.deliveries().expect(Sha256.of(model));
        CompletableFuture<JsonObject> asked = CompletableFuture.supplyAsync(() -> call("outcome", Sha256.of(model)));
        Thread.sleep(20);
        assertFalse(asked.isDone());
        core.deliveries().take(Kind.MODEL, Sha256.of(model), file(model), "a test", null);
        assertEquals("installed", asked.join().get("outcome").getAsString());
    }

    @Test
    public void whatIsTooLargeOrNoKeyIsRefusedAndNothingIsLeftBehind() throws Exception {
        Path large = file(new byte[5000]);
        String sha256 = Sha256.of(Files.readAllBytes(large));
        core.deliveries().take(Kind.KEY, sha256, large, "a test", null);
        assertEquals("OVERSIZED", call("outcome", sha256).get("reason").getAsString());
        assertFalse(Files.exists(large));
        byte[] noKey = "no key".getBytes(StandardCharsets.US_ASCII);
        assertEquals("INVALID", brought(Kind.KEY, noKey).get("reason").getAsString());
        assertEquals("DAMAGED", brought(Kind.POLICY, new byte[] {1}).get("reason").getAsString());
        assertTrue(core.trusted().names().isEmpty());
    }

    @Test
    public void whoWroteAModelCannotChangeItAfterwards() throws Exception {
        byte[] model = {1, 2, 3, 4};
        Path file = file(model);
        try (RandomAccessFile kept = new RandomAccessFile(file.toFile(), "rw")) {
            core.deliveries().take(Kind.MODEL, Sha256.of(model), file, "a test", null);
            kept.write(9);
        }
        assertArrayEquals(model, Files.readAllBytes(core.models().file(Sha256.of(model))));
        assertFalse(Files.exists(file));
    }

    @Test
    public void whatItsWriterDidNotCloseIsTakenByItsHashAlone() throws Exception {
        byte[] model = {1, 2, 3, 4};
        core.deliveries().take(Kind.MODEL, null, file(model), "a test", "its writer was killed");
        assertEquals(0, core.models().all().size());
        assertTrue(core.inbox().problem(), core.inbox().problem().contains("its writer was killed"));
        core.deliveries().take(Kind.MODEL, Sha256.of(model), file(model), "a test", "its writer was killed");
        assertEquals(1, core.models().all().size());
    }

    @Test
    public void modelsAreForgottenOnceNoPolicyIsForThem() throws Exception {
        brought(Kind.KEY, key());
        String named = PolicyArchive.read(signer.policy(1)).policy().models().get(0).sha256();
        Files.write(core.models().file(named), new byte[1]);
        String other = Sha256.of(new byte[] {1});
        String awaited = Sha256.of(new byte[] {2});
        brought(Kind.MODEL, new byte[] {1});
        brought(Kind.MODEL, new byte[] {2});
        for (String each : List.of(named, other)) {
            Files.setLastModifiedTime(core.models().file(each), FileTime.fromMillis(0));
        }
        brought(Kind.POLICY, signer.policy(1));
        assertTrue(call("forget_model", named).get("error").getAsString().contains("a policy on this phone"));
        call("rollback", null);
        assertEquals("the newest may be waiting for its policy", List.of(awaited), core.models().all());
        assertFalse(call("forget_model", awaited).has("error"));
        assertTrue(call("forget_model", awaited).has("error"));
        assertTrue(call("forget_model", "../state").has("error"));
    }

    @Test
    public void rungsArePinnedByWordAndNumberAndLetGo() throws Exception {
        assertTrue(call("pin", "exact").has("error"));
        brought(Kind.KEY, key());
        brought(Kind.POLICY, signer.policy(1));
        assertEquals(1, call("pin", "1").get("pinned").getAsInt());
        JsonObject exact = call("pin", "exact");
        assertEquals(exact.get("exact_rung"), exact.get("pinned"));
        assertTrue(call("pin", "auto").get("pinned").isJsonNull());
        assertTrue(call("pin", "-7").has("error"));
        assertTrue(call("pin", "99").has("error"));
        assertThrows(IllegalArgumentException.class, () -> control.call("format", null, "a test"));
    }

    @Test
    public void aRollBackIsOfThePolicyThatItNames() throws Exception {
        brought(Kind.KEY, key());
        byte[] policy = signer.policy(1);
        brought(Kind.POLICY, policy);
        JsonObject other = call("rollback", Sha256.of(signer.policy(2)));
        assertTrue(other.has("error"));
        assertEquals("POLICY_CHANGED", other.get("reason").getAsString());
        assertEquals(1, core.engines().policy().policy().sequence());
        assertTrue(call("rollback", Sha256.of(policy)).get("sequence").isJsonNull());
    }

    @Test
    public void theLogIsReadFromAnyLineOn() throws Exception {
        brought(Kind.KEY, key());
        brought(Kind.POLICY, signer.policy(1));
        call("rollback", null);
        String all = control.audit(0);
        String[] lines = all.split("\n");
        assertEquals(3, lines.length);
        assertEquals(lines[2] + "\n", control.audit(2));
        assertEquals("", control.audit(3));
        assertTrue(lines[2], lines[2].contains("rolled back: asked by a test"));
        Path log = temporary.getRoot().toPath().resolve("service/audit.jsonl");
        Files.writeString(log, all.replace(lines[1], "damaged"));
        assertEquals(lines[2] + "\n", control.audit(2));
        assertEquals(all.replace(lines[1], "damaged"), control.audit(0));
    }
}
