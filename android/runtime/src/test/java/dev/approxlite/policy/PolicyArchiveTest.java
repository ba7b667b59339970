package dev.approxlite.policy;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import dev.approxlite.policy.PolicyException.Reason;
import java.util.Arrays;
import java.util.Random;
import org.junit.Test;

/** An archive gives the same members to every reader, and a signature says who vouches for them. */
public class PolicyArchiveTest {
    private static Reason refusal(byte[] archive) {
        return assertThrows(PolicyException.class, () -> PolicyArchive.read(archive)).reason();
    }

    private static TrustedKeys keys() throws Exception {
        return TrustedKeys.none().with(Contract.text("signing_key.pub"));
    }

    @Test
    public void theContractPolicyIsSignedByTheContractKey() throws Exception {
        String signer = keys().signerOf(PolicyArchive.read(Contract.signedPolicy()));
        assertTrue(keys().names().contains(signer));
    }

    @Test
    public void anUnsignedPolicyOrAKeyThatIsNotTrustedIsRefused() throws Exception {
        PolicyArchive unsigned = PolicyArchive.read(Contract.archive("policy.json", Contract.bytes("policy.json")));
        PolicyArchive signed = PolicyArchive.read(Contract.signedPolicy());
        assertEquals(
                Reason.UNSIGNED,
                assertThrows(PolicyException.class, () -> keys().signerOf(unsigned)).reason());
        assertEquals(
                Reason.UNKNOWN_KEY,
                assertThrows(PolicyException.class, () -> TrustedKeys.none().signerOf(signed)).reason());
    }

    @Test
    public void aPolicyThatWasChangedAfterwardsIsRefused() throws Exception {
        String changed = Contract.text("policy.json").replaceFirst("\"sequence\"\\s*:\\s*1", "\"sequence\": 2");
        PolicyArchive archive = PolicyArchive.read(
                Contract.archive("policy.json", changed.getBytes("UTF-8"), "signature",
                        Contract.bytes("signature.json")));
        assertEquals(
                Reason.CHANGED,
                assertThrows(PolicyException.class, () -> keys().signerOf(archive)).reason());
    }

    @Test
    public void strangeTwiceAndMissingMembersAreRefused() throws Exception {
        byte[] json = Contract.bytes("policy.json");
        assertEquals(Reason.DAMAGED, refusal(Contract.archive("policy.json", json, "run.sh", new byte[0])));
        assertEquals(Reason.DAMAGED, refusal(Contract.archive("../policy.json", json)));
        assertEquals(Reason.DAMAGED, refusal(Contract.archive("signature", new byte[1])));
        assertEquals(Reason.DAMAGED, refusal(new byte[0]));
        assertEquals(Reason.OVERSIZED, refusal(Contract.archive("policy.json", new byte[20_001])));
        assertEquals(Reason.DAMAGED, refusal(Contract.archive("policy.json", json, "rungs.bin", new byte[8])));
    }

    @Test
    public void aTruncatedArchiveIsRefusedAtEveryByte() throws Exception {
        byte[] good = Contract.signedPolicy();
        int refused = 0;
        for (int size = 0; size < good.length; ++size) {
            try {
                keys().signerOf(PolicyArchive.read(Arrays.copyOf(good, size)));
            } catch (PolicyException expected) {
                ++refused;
            }
        }
        // What is missing of the zip's closing directory alone leaves policy and signature whole.
        assertTrue("only " + refused, refused > good.length - 250);
    }

    @Test(timeout = 120_000)
    public void noMutantOfASignedPolicySaysAnythingElse() throws Exception {
        byte[] good = Contract.signedPolicy();
        Policy whole = PolicyArchive.read(good).policy();
        Random random = new Random(2);
        for (int i = 0; i < 10_000; ++i) {
            byte[] mutant = Mutants.of(good, random);
            try {
                PolicyArchive archive = PolicyArchive.read(mutant);
                keys().signerOf(archive);
                assertEquals(whole.toString().length(), archive.policy().toString().length());
                assertTrue(Arrays.equals(PolicyArchive.read(good).policyJson(), archive.policyJson()));
            } catch (PolicyException expected) {
                // refused
            }
        }
    }
}
