package dev.approxlite.service;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.approxlite.policy.Sha256;
import dev.approxlite.policy.Signer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;

/** Where the phone's content cannot write, the desk brings the same by calls: taken whole or not at all. */
public class ControlInPiecesTest {
    @Rule
    public final RunningCore running = new RunningCore();

    private Control control;

    @Before
    public void start() {
        control = new Control(running.core());
    }

    private JsonObject call(String method, String argument) {
        return JsonParser.parseString(control.call(method, argument, "uid 2000")).getAsJsonObject();
    }

    private JsonObject append(String name, long offset, byte[] piece) {
        return call("append", name + "/" + offset + "/" + Base64.getEncoder().encodeToString(piece));
    }

    private JsonObject brought(String name, byte[] content, int size) {
        for (int at = 0; at < content.length; at += size) {
            byte[] piece = Arrays.copyOfRange(content, at, Math.min(content.length, at + size));
            assertEquals(at + piece.length, append(name, at, piece).get("bytes").getAsInt());
            append(name, at, piece); // as after an answer that was lost
        }
        return call("take", name);
    }

    @Test
    public void aPolicyAModelAndAKeyComeInPieces() throws Exception {
        byte[] policy = running.signer.policy(3);
        JsonObject taken = brought("policy/" + Sha256.of(policy), policy, 1000);
        assertEquals("installed", taken.get("outcome").getAsString());
        assertEquals(3, taken.get("sequence").getAsInt());
        assertEquals(3, running.core().engines().policy().policy().sequence());
        byte[] model = new byte[100_000];
        assertEquals("installed", brought("model/" + Sha256.of(model), model, 32_768).get("outcome").getAsString());
        assertTrue(running.core().models().all().contains(Sha256.of(model)));
        byte[] other = new Signer().pem().getBytes("US-ASCII");
        assertEquals("installed", brought("key/" + Sha256.of(other), other, 64).get("outcome").getAsString());
        assertTrue(call("take", "key/" + Sha256.of(other)).has("error"));
    }

    @Test
    public void whatCameInPiecesIsPendingWhileItIsTried() throws Exception {
        byte[] policy = running.signer.policy(3);
        String[] meanwhile = new String[1];
        running.admission = archive -> meanwhile[0] = running.core().deliveries().await(Sha256.of(policy), 0).outcome();
        brought("policy/" + Sha256.of(policy), policy, 1000);
        assertEquals("pending", meanwhile[0]);
    }

    @Test
    public void whatDoesNotAddUpIsNotTaken() throws Exception {
        byte[] policy = running.signer.policy(3);
        String name = "policy/" + Sha256.of(policy);
        append(name, 0, Arrays.copyOf(policy, 500));
        assertTrue(append(name, 501, new byte[1]).get("error").getAsString().contains("only 500 bytes"));
        assertEquals("failed", call("take", name).get("outcome").getAsString());
        Signer stranger = new Signer();
        byte[] foreign = stranger.policy(4);
        assertEquals("UNKNOWN_KEY", brought("policy/" + Sha256.of(foreign), foreign, 4096).get("reason").getAsString());
        String secret = "secret/" + Sha256.of(policy) + "/0/AA==";
        for (String odd : new String[] {"", name, name + "/x/AA==", name + "/0/*", secret}) {
            assertTrue(odd, call("append", odd).has("error"));
        }
        assertTrue(append(name, 0, new byte[0]).has("bytes"));
        assertTrue(call("append", name + "/0/A").has("error"));
        String key = "key/" + Sha256.of(policy);
        assertTrue(append(key, 0, new byte[100_000]).get("error").getAsString().contains("larger"));
        assertEquals(null, running.core().engines().policy());
    }

    @Test
    public void onlyOneThingIsOnItsWayAndOnlyAKeyIsTheShellsAlone() throws Exception {
        append("model/" + "0".repeat(64), 0, new byte[1000]);
        append("model/" + "1".repeat(64), 0, new byte[10]);
        Path folder = running.getRoot().toPath().resolve("service/pieces");
        try (var left = Files.list(folder)) {
            assertEquals(1, left.count());
        }
        assertTrue(Control.bringsKey("append", "key/0"));
        assertTrue(Control.bringsKey("take", "key/0"));
        assertFalse(Control.bringsKey("take", "model/0"));
        assertFalse(Control.bringsKey("forget_key", "key/0"));
    }
}
