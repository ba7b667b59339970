package dev.approxlite.policy;

import java.io.IOException;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 as 64 hexadecimal digits. */
public final class Sha256 {
    private static final int COPY_BYTES = 1 << 16;

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

    /** Of the first {@code bytes} of a file, copied to another one meanwhile, so that nothing can change in between. */
    public static String ofCopy(Path from, Path to, long bytes) throws IOException {
        MessageDigest digest = digest();
        ByteBuffer some = ByteBuffer.allocate(COPY_BYTES);
        try (FileChannel in = FileChannel.open(from, StandardOpenOption.READ);
                FileChannel out = FileChannel.open(
                        to,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            for (long left = bytes; left > 0; left -= some.limit()) {
                Buffer view = some; // as a Buffer, for Android 8 has none of ByteBuffer's own limit
                view.clear().limit((int) Math.min(left, COPY_BYTES));
                if (in.read(some) < 0) {
                    break;
                }
                view.flip();
                digest.update(some.array(), 0, some.limit());
                while (some.hasRemaining()) {
                    out.write(some);
                }
            }
            out.force(true);
        }
        return hex(digest.digest());
    }

    static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder(2 * bytes.length);
        for (byte each : bytes) {
            text.append(Character.forDigit(each >> 4 & 15, 16)).append(Character.forDigit(each & 15, 16));
        }
        return text.toString();
    }
}
