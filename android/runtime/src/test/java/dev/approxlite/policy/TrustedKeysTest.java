package dev.approxlite.policy;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.math.BigInteger;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.EllipticCurve;
import java.util.Base64;
import org.junit.Test;

/** Keys are on P-256, and not merely as long. */
public class TrustedKeysTest {
    private static BigInteger number(String hexadecimal) {
        return new BigInteger(hexadecimal.replace(" ", ""), 16);
    }

    private static ECPublicKey key(String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        return (ECPublicKey) generator.generateKeyPair().getPublic();
    }

    private static String pem(ECPublicKey key) {
        return "-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder().encodeToString(key.getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }

    @Test
    public void aKeyOnP256IsTrustedAndOneOfAnotherLengthIsNot() throws Exception {
        assertTrue(TrustedKeys.none().with(pem(key("secp256r1"))).names().size() == 1);
        String other = pem(key("secp384r1"));
        assertThrows(IllegalArgumentException.class, () -> TrustedKeys.none().with(other));
    }

    @Test
    public void aCurveOfTheSameLengthIsAnother() throws Exception {
        ECParameterSpec right = key("secp256r1").getParams();
        assertTrue(TrustedKeys.isP256(right));
        ECParameterSpec bitcoins = new ECParameterSpec(
                new EllipticCurve(
                        new ECFieldFp(number("ffffffffffffffffffffffffffffffff fffffffffffffffffffffffefffffc2f")),
                        BigInteger.ZERO, BigInteger.valueOf(7)),
                new ECPoint(
                        number("79be667ef9dcbbac55a06295ce870b07 029bfcdb2dce28d959f2815b16f81798"),
                        number("483ada7726a3c4655da4fbfc0e1108a8 fd17b448a68554199c47d08ffb10d4b8")),
                number("fffffffffffffffffffffffffffffffe baaedce6af48a03bbfd25e8cd0364141"), 1);
        assertFalse(TrustedKeys.isP256(bitcoins));
        ECPoint doubled = new ECPoint(
                number("7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978"),
                number("07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1"));
        assertFalse(
                "another base point",
                TrustedKeys.isP256(new ECParameterSpec(right.getCurve(), doubled, right.getOrder(), 1)));
    }
}
