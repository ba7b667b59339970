package dev.approxlite.policy;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** A desk that signs the contract policy under any sequence number. */
public final class Signer {
    private final KeyPair pair;
    private final Map<Long, byte[]> made = new HashMap<>();

    public Signer() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        pair = generator.generateKeyPair();
    }

    public TrustedKeys keys() {
        return TrustedKeys.none().with(pem());
    }

    /** The public key as keygen writes it. */
    public String pem() {
        String body = Base64.getMimeEncoder().encodeToString(pair.getPublic().getEncoded());
        return "-----BEGIN PUBLIC KEY-----\n" + body + "\n-----END PUBLIC KEY-----\n";
    }

    public byte[] policy(long sequence) throws Exception {
        if (!made.containsKey(sequence)) {
            made.put(sequence, sign(Contract.text("policy.json").replaceFirst("\"sequence\"\\s*:\\s*1", "\"sequence\": "
                    + sequence)));
        }
        return made.get(sequence);
    }

    /** The same with a certificate of its own. */
    public byte[] recertified(long sequence) throws Exception {
        String json = Contract.text("policy.json").replaceFirst("\"sequence\"\\s*:\\s*1", "\"sequence\": " + sequence);
        return sign(json.replaceAll("(\"data_sha256\"\\s*:\\s*\")....", "$1" + String.format("%04x", sequence)));
    }

    /** The same with a time after which it no longer holds. */
    public byte[] until(String notAfter, long sequence) throws Exception {
        String json = Contract.text("policy.json").replaceFirst("\"sequence\"\\s*:\\s*1", "\"sequence\": " + sequence);
        return sign(json.replaceFirst("\"not_after\"\\s*:\\s*null", "\"not_after\": \"" + notAfter + "\""));
    }

    /** A signed archive of any policy.json. */
    public byte[] sign(String json) throws Exception {
        byte[] content = json.getBytes(StandardCharsets.UTF_8);
        Signature signer = Signature.getInstance("SHA256withECDSA");
        signer.initSign(pair.getPrivate());
        signer.update(content);
        String signature = "{\"version\":1,\"algorithm\":\"ecdsa-p256-sha256\",\"key_sha256\":\""
                + Sha256.of(pair.getPublic().getEncoded()) + "\",\"value\":\""
                + Base64.getEncoder().encodeToString(signer.sign()) + "\"}";
        return Contract.archive("policy.json", content, "signature", signature.getBytes(StandardCharsets.UTF_8));
    }
}
