package dev.approxlite.service.policy;

import dev.approxlite.policy.TrustedKeys;
import dev.approxlite.storage.DurableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Public keys that the phone's owner added, a file each, beside those that were pinned at build. Thread-safe. */
public final class KeyFolder {
    /** Largest public key that is read. */
    public static final int MOST_BYTES = 4096;

    private static final String SUFFIX = ".pub";

    private final Path folder;

    /** folder: made if it is not there. */
    public KeyFolder(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    /**
     * Trusts a key from now on.
     *
     * @param pem as {@code approxlite policy keygen} writes it
     * @return its name, the sha256 of its DER SubjectPublicKeyInfo
     * @throws IllegalArgumentException if it is none, or not on P-256
     */
    public synchronized String add(byte[] pem) throws IOException {
        if (pem.length > MOST_BYTES) {
            throw new IllegalArgumentException("larger than any public key; give the .pub file that keygen wrote");
        }
        String text = new String(pem, StandardCharsets.US_ASCII);
        String name = TrustedKeys.none().with(text).names().iterator().next();
        DurableFile.replace(folder.resolve(name + SUFFIX), pem);
        return name;
    }

    /** No longer trusts a key that was added, which survives a power cut; false where none of that name was. */
    public synchronized boolean forget(String name) throws IOException {
        return name.matches("[0-9a-f]{64}") && DurableFile.delete(folder.resolve(name + SUFFIX));
    }

    /** Those that are pinned, and those that lie here; a file that holds no key is one that nobody trusts. */
    public synchronized TrustedKeys with(TrustedKeys pinned) {
        TrustedKeys keys = pinned;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            for (Path each : files) {
                keys = withFile(keys, each);
            }
        } catch (IOException unreadable) {
            return keys;
        }
        return keys;
    }

    private static TrustedKeys withFile(TrustedKeys keys, Path file) throws IOException {
        try {
            return keys.with(new String(Files.readAllBytes(file), StandardCharsets.US_ASCII));
        } catch (IllegalArgumentException noKey) {
            return keys;
        }
    }
}
