package dev.approxlite.policy;

import dev.approxlite.policy.PolicyException.Reason;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Public keys whose policies are followed: pinned when an app is built, or added by the phone's owner. ECDSA on P-256
 * with SHA-256. Immutable.
 */
public final class TrustedKeys {
    private static final String ALGORITHM = "ecdsa-p256-sha256";
    /** Of P-256 (FIPS 186-4, D.1.2.3): the field's prime, the curve's a and b, its base point and that one's order. */
    private static final String[] P256 = {
        "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc",
        "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    };

    private final Map<String, PublicKey> keys;

    private TrustedKeys(Map<String, PublicKey> keys) {
        this.keys = Collections.unmodifiableMap(keys);
    }

    /** Trusts nobody: every policy is refused. */
    public static TrustedKeys none() {
        return new TrustedKeys(new LinkedHashMap<>());
    }

    /**
     * These keys and one more.
     *
     * @param pem a public key as {@code approxlite policy keygen} writes it
     * @throws IllegalArgumentException if it is none, or not on P-256
     */
    public TrustedKeys with(String pem) {
        String body = pem.replace("-----BEGIN PUBLIC KEY-----", "").replace("-----END PUBLIC KEY-----", "");
        try {
            byte[] der = Base64.getDecoder().decode(body.replaceAll("\\s", ""));
            PublicKey key = KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(der));
            if (!isP256(((ECPublicKey) key).getParams())) {
                throw new IllegalArgumentException("not a P-256 key; give the .pub file that keygen wrote");
            }
            Map<String, PublicKey> more = new LinkedHashMap<>(keys);
            more.put(Sha256.of(der), key);
            return new TrustedKeys(more);
        } catch (GeneralSecurityException | ClassCastException problem) {
            throw new IllegalArgumentException("no public key; give the .pub file that keygen wrote", problem);
        }
    }

    /** Other curves have as many bits, and some of them are weak or nobody's. */
    static boolean isP256(ECParameterSpec curve) {
        if (!(curve.getCurve().getField() instanceof ECFieldFp) || curve.getCofactor() != 1) {
            return false;
        }
        BigInteger[] found = {
            ((ECFieldFp) curve.getCurve().getField()).getP(), curve.getCurve().getA(), curve.getCurve().getB(),
            curve.getGenerator().getAffineX(), curve.getGenerator().getAffineY(), curve.getOrder(),
        };
        boolean same = true;
        for (int i = 0; i < P256.length; ++i) {
            same &= found[i].equals(new BigInteger(P256[i], 16));
        }
        return same;
    }

    /** By which policies name these keys: the sha256 of each one's DER SubjectPublicKeyInfo. */
    public Set<String> names() {
        return keys.keySet();
    }

    /**
     * Which of these keys signed the policy.
     *
     * @return the key's name
     * @throws PolicyException if none of them did, or the policy was changed afterwards
     */
    public String signerOf(PolicyArchive archive) throws PolicyException {
        byte[] content = archive.signature();
        if (content == null) {
            throw new PolicyException(Reason.UNSIGNED, "is not signed; sign it with approxlite policy sign");
        }
        String[] signature = Fields.read(StrictJson.parse(content, "signature"), "signature", TrustedKeys::read);
        PublicKey key = keys.get(signature[0]);
        if (key == null) {
            throw new PolicyException(
                    Reason.UNKNOWN_KEY, "is signed by key " + signature[0].substring(0, 16) + ", which is not trusted");
        }
        if (!verified(key, archive.policyJson(), signature[1])) {
            throw new PolicyException(Reason.CHANGED, "was changed after it was signed; do not use it");
        }
        return signature[0];
    }

    private static boolean verified(PublicKey key, byte[] content, String value) {
        try {
            Signature verifier = Signature.getInstance("SHA256withECDSA");
            verifier.initVerify(key);
            verifier.update(content);
            return verifier.verify(Base64.getDecoder().decode(value));
        } catch (GeneralSecurityException | IllegalArgumentException damaged) {
            return false;
        }
    }

    private static String[] read(Fields fields) throws PolicyException {
        fields.integer("version", 1, 1, 1);
        if (!fields.text("algorithm", ALGORITHM).equals(ALGORITHM)) {
            throw fields.invalid("algorithm", "should be " + ALGORITHM);
        }
        return new String[] {fields.sha256("key_sha256"), fields.text("value")};
    }
}
