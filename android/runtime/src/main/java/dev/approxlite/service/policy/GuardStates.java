package dev.approxlite.service.policy;

import dev.approxlite.policy.CertificateText;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.Sha256;
import dev.approxlite.storage.DurableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What guards know of each certificate on this phone, kept across kill, reboot and update. It is the certificate's and
 * not the policy's: the same one under another sequence number or another signature is taken up where it was, and an
 * alarm stays until something is certified anew. A state that should be there and is not, or was damaged, is given as
 * one that no guard can read, which latches exact. A policy without certificate has no state. What there was no room
 * for is remembered, and taken for saved. Thread-safe.
 */
public final class GuardStates {
    /** Bytes of a saved state, {@code APPROX_GUARD_STATE_BYTES}. */
    public static final int BYTES = 512;

    /** States of certificates that no policy on the phone has any more; the newest are kept, in case they come back. */
    static final int MOST_LEFT = 64;

    private static final String SUFFIX = ".guard";

    private final Path folder;
    /** What there was no room for, by its file, of the last {@link #MOST_LEFT} certificates. */
    private final Map<Path, byte[]> unsaved = new LinkedHashMap<>();
    private volatile boolean hasUnsaved;

    /** folder: made if it is not there. */
    public GuardStates(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    /** From now on there is a state of this policy's certificate: one that never saved, unless it was here before. */
    public synchronized void begin(PolicyArchive policy) throws IOException {
        Path file = file(policy);
        if (file != null && !Files.exists(file)) {
            write(file, unsaved.getOrDefault(file, new byte[BYTES]));
        }
    }

    /**
     * On return the state survives a power cut. Does nothing where the policy has no certificate.
     *
     * @throws IOException if it is none; or if it cannot be written: until {@link #saveLeft} can, this process alone
     *     knows it
     */
    public synchronized void save(PolicyArchive policy, byte[] state) throws IOException {
        Path file = file(policy);
        if (file == null) {
            return; // nothing guards this policy
        }
        if (state.length != BYTES) {
            throw new IOException("a guard's state has " + BYTES + " bytes, not " + state.length);
        }
        unsaved.remove(file);
        try {
            write(file, state);
        } catch (IOException full) {
            unsaved.put(file, state.clone());
            if (unsaved.size() > MOST_LEFT) {
                unsaved.remove(unsaved.keySet().iterator().next());
            }
            throw full;
        } finally {
            hasUnsaved = !unsaved.isEmpty();
        }
    }

    /** Whether there are states that {@link #save} had no room for. */
    public boolean hasUnsaved() {
        return hasUnsaved;
    }

    /**
     * Saves the states that there was no room for.
     *
     * @throws IOException if there still is none for one of them
     */
    public synchronized void saveLeft() throws IOException {
        IOException full = null;
        for (Map.Entry<Path, byte[]> each : List.copyOf(unsaved.entrySet())) {
            try {
                write(each.getKey(), each.getValue());
                unsaved.remove(each.getKey());
            } catch (IOException still) {
                full = still;
            }
        }
        hasUnsaved = !unsaved.isEmpty();
        if (full != null) {
            throw full;
        }
    }

    private static void write(Path file, byte[] state) throws IOException {
        byte[] content = Arrays.copyOf(state, BYTES + 64);
        byte[] sum = Sha256.of(state).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(sum, 0, content, BYTES, sum.length);
        DurableFile.replace(file, content);
    }

    /** The state of a policy that {@link #begin} was called for; null where its policy has no certificate. */
    public synchronized byte[] load(PolicyArchive policy) {
        Path file = file(policy);
        if (file == null) {
            return null;
        }
        if (unsaved.containsKey(file)) {
            return unsaved.get(file).clone();
        }
        try {
            byte[] content = Files.size(file) == BYTES + 64 ? Files.readAllBytes(file) : new byte[0];
            byte[] state = Arrays.copyOf(content, BYTES);
            String sum = new String(content, Math.min(BYTES, content.length), Math.max(0, content.length - BYTES),
                    StandardCharsets.US_ASCII);
            return Sha256.of(state).equals(sum) ? state : unreadable();
        } catch (IOException gone) {
            return unreadable();
        }
    }

    /** Lets go of the states of all others but the {@link #MOST_LEFT} that were saved last. */
    public synchronized void keepOnly(Collection<PolicyArchive> policies) throws IOException {
        Set<Path> kept = new HashSet<>();
        policies.forEach(each -> kept.add(file(each)));
        List<Path> left = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path each : files) {
                if (!each.getFileName().toString().endsWith(SUFFIX)) {
                    Files.delete(each);
                } else if (!kept.contains(each)) {
                    left.add(each);
                }
            }
        }
        if (left.size() > MOST_LEFT) {
            left.sort(Comparator.comparing(GuardStates::savedAt).reversed());
            for (Path each : left.subList(MOST_LEFT, left.size())) {
                Files.delete(each);
            }
        }
    }

    private static FileTime savedAt(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException unknown) {
            return FileTime.fromMillis(Long.MAX_VALUE); // rather kept than lost
        }
    }

    /** Null where nothing certifies the policy. */
    private Path file(PolicyArchive policy) {
        String certificate = CertificateText.name(policy);
        return certificate == null ? null : folder.resolve(certificate + SUFFIX);
    }

    /** A state that no guard can read, which latches exact. */
    public static byte[] unreadable() {
        byte[] state = new byte[BYTES];
        Arrays.fill(state, (byte) 0xff);
        return state;
    }
}
