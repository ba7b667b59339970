package dev.approxlite.policy;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import dev.approxlite.policy.PolicyException.Reason;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Random;
import org.junit.Test;

/** A policy comes from anywhere: what is not exactly one is refused with a reason, in one line. */
public class PolicyTest {
    private static Policy parse(String text) throws PolicyException {
        return Policy.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Reason refusal(String text) {
        PolicyException refused = assertThrows(PolicyException.class, () -> parse(text));
        assertTrue(refused.getMessage(), !refused.getMessage().contains("\n"));
        return refused.reason();
    }

    @Test
    public void theContractPolicyIsReadAsPythonReadsIt() throws Exception {
        Policy policy = parse(Contract.text("policy.json"));
        assertEquals(1, policy.sequence());
        assertEquals("conv_2d_0=int8", policy.ladder().get(1).configuration());
        assertEquals(0.5847029f, policy.ladder().get(1).scales().get("conv_2d_0").scale(), 0);
        assertEquals(Rule.Kind.FIXED, policy.rule().kind());
        assertEquals(2.5f, policy.candidates().get(1).stages().get(0).threshold(), 0);
        assertEquals(0.02f, policy.candidates().get(1).reuseChange(), 0);
        assertTrue(policy.candidates().get(0).reuseChange() < 0);
        assertEquals(2, policy.certified());
        assertNull(policy.notAfter());
        assertNull(policy.rungsSha256());
    }

    @Test
    public void anUnknownFieldIsRefusedWhereverItIs() throws Exception {
        String good = Contract.text("policy.json");
        for (int at = good.indexOf('{'); at >= 0; at = good.indexOf('{', at + 1)) {
            if (good.startsWith("{}", at) || good.lastIndexOf("\"scales\":", at) > good.lastIndexOf('}', at)
                    && good.substring(good.lastIndexOf("\"scales\":", at), at).trim().equals("\"scales\":")) {
                continue; // names of operators, any number of them
            }
            assertEquals(Reason.UNKNOWN_FIELD, refusal(good.substring(0, at + 1) + "\"surprise\": {}, "
                    + good.substring(at + 1)));
        }
    }

    @Test
    public void aFieldThatIsMissingOrOfAnotherTypeIsRefused() throws Exception {
        String good = Contract.text("policy.json");
        assertEquals(Reason.INVALID, refusal(good.replaceFirst("\"sequence\"\\s*:\\s*1", "\"sequence\": \"1\"")));
        assertEquals(Reason.INVALID, refusal(good.replaceFirst("\"sequence\"\\s*:\\s*1", "\"sequence\": 1.0")));
        assertEquals(Reason.INVALID, refusal(good.replaceFirst("\"exact_rung\"\\s*:\\s*0", "\"exact_rung\": 2")));
        assertEquals(Reason.INVALID, refusal(good.replaceFirst("\"exact_rung\"\\s*:\\s*0", "\"exact_rung\": 1")));
        assertEquals(Reason.INVALID, refusal(good.replaceFirst("\"kind\"\\s*:\\s*\"fixed\"", "\"kind\": \"best\"")));
        assertEquals(Reason.INVALID, refusal(good.replaceFirst("conv_2d_0=int8", "conv_2d_0=int9")));
    }

    @Test
    public void whatIsNoJsonIsRefused() throws Exception {
        for (String text : new String[] {"", "{", "[" + "[".repeat(10_000), "{} {}", "nul", "{'version': 1}",
                "\ufeff{}"}) {
            assertTrue(text, refusal(text) != null);
        }
        PolicyException refused = assertThrows(PolicyException.class, () -> Policy.parse(new byte[] {'"', (byte) 0xff,
                '"'}));
        assertEquals(Reason.DAMAGED, refused.reason());
    }

    @Test(timeout = 120_000)
    public void tenThousandMutantsAreReadOrRefusedButNeverMore() throws Exception {
        byte[] good = Contract.bytes("policy.json");
        Random random = new Random(1);
        int refused = 0;
        for (int i = 0; i < 10_000; ++i) {
            byte[] mutant = Mutants.of(good, random);
            try {
                Policy.parse(mutant);
            } catch (PolicyException expected) {
                ++refused;
            }
        }
        assertTrue("only " + refused + " were refused", refused > 8_000);
    }

    @Test
    public void aPolicyHoldsInItsTimeAndForItsNumericsOnly() throws Exception {
        Policy policy = parse(Contract.text("policy.json"));
        policy.requireNumerics(policy.numericsVersion());
        policy.requireTime(policy.notBefore());
        assertThrows(PolicyException.class, () -> policy.requireNumerics(policy.numericsVersion() + 1));
        assertThrows(PolicyException.class, () -> policy.requireTime(policy.notBefore().minusMillis(1)));
        policy.requireTime(Instant.parse("2100-01-01T00:00:00Z"));
    }
}
