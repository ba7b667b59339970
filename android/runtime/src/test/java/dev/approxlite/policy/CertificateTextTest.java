package dev.approxlite.policy;

import static org.junit.Assert.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.Test;

/** A guard knows its certificate by the same hash on desk and phone. */
public class CertificateTextTest {
    @Test
    public void theHashIsTheDesks() throws Exception {
        byte[] hash = CertificateText.sha256(PolicyArchive.read(Contract.signedPolicy()));
        assertEquals(Contract.text("certificate.sha256").trim(), Sha256.hex(hash));
    }

    @Test
    public void blanksBetweenPartsDoNotMatter() throws Exception {
        String compact = Contract.text("policy.json").replaceAll("\n *", "").replace("\": ", "\":");
        byte[] archive = Contract.archive("policy.json", compact.getBytes(StandardCharsets.UTF_8));
        assertEquals(
                Contract.text("certificate.sha256").trim(),
                Sha256.hex(CertificateText.sha256(PolicyArchive.read(archive))));
    }
}
