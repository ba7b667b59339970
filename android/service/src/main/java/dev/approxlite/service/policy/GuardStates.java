package dev.approxlite.service.policy;

import dev.approxlite.policy.Sha256;
import dev.approxlite.storage.DurableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;

/**
 * What guards know of each policy on this phone, kept across kill, reboot and update. A state that should be there and
 * is not, or was damaged, is given as one that no guard can read, which latches exact. Thread-safe.
 */
public final class GuardStates {
    /** Bytes of a saved state, {@code APPROX_GUARD_STATE_BYTES}. */
    public static final int BYTES = 512;

    private static final String SUFFIX = ".guard";

    private final Path folder;

    /** folder: made if it is not there. */
    public GuardStates(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    /** From now on there is a state of this policy: one that never saved. */
    public synchronized void begin(String policy) throws IOException {
        if (!Files.exists(file(policy))) {
            save(policy, new byte[BYTES]);
        }
    }

    /** On return the state survives a power cut. */
    public synchronized void save(String policy, byte[] state) throws IOException {
        if (state.length != BYTES) {
            return; // nothing guards this policy
        }
        byte[] content = Arrays.copyOf(state, BYTES + 64);
        byte[] sum = Sha256.of(state).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(sum, 0, content, BYTES, sum.length);
        DurableFile.replace(file(policy), content);
    }

    /** The state of a policy that {@link #begin} was called for. */
    public synchronized byte[] load(String policy) {
        try {
            byte[] content = Files.size(file(policy)) == BYTES + 64 ? Files.readAllBytes(file(policy)) : new byte[0];
            byte[] state = Arrays.copyOf(content, BYTES);
            String sum = new String(content, Math.min(BYTES, content.length), Math.max(0, content.length - BYTES),
                    StandardCharsets.US_ASCII);
            return Sha256.of(state).equals(sum) ? state : unreadable();
        } catch (IOException gone) {
            return unreadable();
        }
    }

    /** Lets go of the states of all other policies. */
    public synchronized void keepOnly(Set<String> policies) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path each : files) {
                String name = each.getFileName().toString();
                boolean kept = name.endsWith(SUFFIX) && policies.contains(name.substring(0,
                        name.length() - SUFFIX.length()));
                if (!kept) {
                    Files.delete(each);
                }
            }
        }
    }

    private Path file(String policy) {
        return folder.resolve(policy + SUFFIX);
    }

    private static byte[] unreadable() {
        byte[] state = new byte[BYTES];
        Arrays.fill(state, (byte) 0xff);
        return state;
    }
}
