package dev.approxlite.policy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The certificate as it stands in policy.json, by whose hash a guard knows whose evidence it has. */
public final class CertificateText {
    private static final byte[] KEY = "\"certificate\"".getBytes(StandardCharsets.US_ASCII);

    private CertificateText() {}

    /**
     * SHA-256 of the certificate's text, blanks between its parts left out: 32 bytes, the same that the desk computes.
     *
     * @return null if the policy has none
     */
    public static byte[] sha256(PolicyArchive archive) {
        return archive.policy().certificate() == null ? null : Sha256.digest().digest(compact(archive.policyJson()));
    }

    /** The same as 64 hexadecimal digits; null if the policy has none. */
    public static String name(PolicyArchive archive) {
        byte[] hash = sha256(archive);
        return hash == null ? null : Sha256.hex(hash);
    }

    /** Of the object that the outermost object's member is. */
    private static byte[] compact(byte[] json) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        int depth = 0;
        boolean inside = false;
        for (int i = 0; i < json.length; ++i) {
            int last = json[i] == '"' ? endOfString(json, i) : i;
            depth += json[i] == '{' || json[i] == '[' ? 1 : json[i] == '}' || json[i] == ']' ? -1 : 0;
            if (inside && depth >= 1 && json[i] > ' ' && !(text.size() == 0 && json[i] == ':')) {
                text.write(json, i, last + 1 - i);
            }
            if (inside && depth == 1 && text.size() > 0) {
                return text.toByteArray();
            }
            inside |= depth == 1 && last - i + 1 == KEY.length && Arrays.equals(Arrays.copyOfRange(json, i, last + 1), KEY);
            i = last;
        }
        throw new IllegalArgumentException("policy.json ends within its certificate");
    }

    /** Of the string that begins with the quote there, its closing one. */
    private static int endOfString(byte[] json, int quote) {
        int i = quote + 1;
        while (i < json.length - 1 && json[i] != '"') {
            i += json[i] == '\\' ? 2 : 1;
        }
        return Math.min(i, json.length - 1);
    }
}
