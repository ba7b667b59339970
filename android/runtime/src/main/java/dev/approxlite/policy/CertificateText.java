package dev.approxlite.policy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The certificate as it stands in policy.json, by whose hash a guard knows whose evidence it has. */
public final class CertificateText {
    private static final byte[] KEY = "\"certificate\":".getBytes(StandardCharsets.US_ASCII);

    private CertificateText() {}

    /**
     * SHA-256 of the certificate's text: 32 bytes, the same that the desk computes.
     *
     * @return null if the policy has none
     */
    public static byte[] sha256(PolicyArchive archive) {
        if (archive.policy().certificate() == null) {
            return null;
        }
        byte[] json = archive.policyJson();
        int begin = begin(json);
        return Sha256.digest().digest(Arrays.copyOfRange(json, begin, end(json, begin)));
    }

    /** Where the value of the outermost object's member begins. */
    private static int begin(byte[] json) {
        int depth = 0;
        for (int i = 0; i < json.length; ++i) {
            if (json[i] == '"') {
                if (depth == 1 && startsWith(json, i)) {
                    return i + KEY.length;
                }
                i = endOfString(json, i);
            } else {
                depth += step(json[i]);
            }
        }
        throw new IllegalArgumentException("policy.json is not written as policies are: no \"certificate\":");
    }

    /** Behind the object that begins there. */
    private static int end(byte[] json, int begin) {
        int depth = 0;
        for (int i = begin; i < json.length; ++i) {
            if (json[i] == '"') {
                i = endOfString(json, i);
            } else {
                depth += step(json[i]);
            }
            if (depth == 0) {
                return i + 1;
            }
        }
        throw new IllegalArgumentException("policy.json ends within its certificate");
    }

    private static int step(byte character) {
        return character == '{' || character == '[' ? 1 : character == '}' || character == ']' ? -1 : 0;
    }

    /** Of the string that begins with the quote there, its closing one. */
    private static int endOfString(byte[] json, int quote) {
        int i = quote + 1;
        while (i < json.length && json[i] != '"') {
            i += json[i] == '\\' ? 2 : 1;
        }
        return i;
    }

    private static boolean startsWith(byte[] json, int at) {
        return at + KEY.length <= json.length
                && Arrays.equals(Arrays.copyOfRange(json, at, at + KEY.length), KEY);
    }
}
