package dev.approxlite.policy;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 as 64 hexadecimal digits. */
public final class Sha256 {
    private Sha256() {}

    /** Of all bytes. */
    public static String of(byte[] content) {
        return of(content, 0, content.length);
    }

    /** Of {@code size} bytes from {@code begin} on. */
    public static String of(byte[] content, int begin, int size) {
        MessageDigest digest = digest();
        digest.update(content, begin, size);
        return hex(digest.digest());
    }

    /** Of what is left of a buffer, whose position is moved to its end. */
    public static String of(ByteBuffer content) {
        MessageDigest digest = digest();
        digest.update(content);
        return hex(digest.digest());
    }

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java and every Android has SHA-256", impossible);
        }
    }

    static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder(2 * bytes.length);
        for (byte each : bytes) {
            text.append(Character.forDigit(each >> 4 & 15, 16)).append(Character.forDigit(each & 15, 16));
        }
        return text.toString();
    }
}
