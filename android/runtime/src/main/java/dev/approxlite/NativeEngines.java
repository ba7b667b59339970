package dev.approxlite;

import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.EngineException.Reason;
import dev.approxlite.engine.Engines;
import dev.approxlite.policy.CertificateText;
import dev.approxlite.policy.Policy;
import dev.approxlite.policy.PolicyArchive;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;

/** Sessions in this process, on the native library. Thread-safe. */
public final class NativeEngines implements Engines {
    private final File folder;
    private final String variant;
    private final int numThreads;

    /**
     * The best kernels of this CPU, on one thread.
     *
     * @param folder of the app's own, where a policy's weights lie for the moment that they are mapped
     */
    public NativeEngines(File folder) {
        this(folder, null, 1);
    }

    /**
     * With a kernel variant by name (null: the best) and 1 to 16 threads.
     *
     * @param folder of the app's own, where a policy's weights lie for the moment that they are mapped
     */
    public NativeEngines(File folder, String variant, int numThreads) {
        this.folder = folder;
        this.variant = variant;
        this.numThreads = numThreads;
    }

    @Override
    public int numericsVersion() {
        return NativeEngine.numericsVersion();
    }

    @Override
    public Session open(PolicyArchive archive, List<ByteBuffer> models, byte[] guardState) throws EngineException {
        Policy policy = archive.policy();
        Path weights = null;
        Ladder ladder = null;
        Guard guard = null;
        try {
            weights = archive.rungsBytes() == 0 ? null : unpack(archive);
            ladder = new Ladder(
                    models,
                    policy.ladder(),
                    weights == null ? null : WeightsFile.of(weights.toFile()),
                    variant,
                    numThreads);
            guard = guard(archive, guardState);
            return new Session(policy, ladder, guard);
        } catch (IllegalArgumentException | IllegalStateException | IOException problem) {
            if (guard != null) {
                guard.close();
            }
            if (ladder != null) {
                ladder.close();
            }
            throw new EngineException(Reason.CANNOT_RUN, "the policy cannot be followed: " + problem.getMessage());
        } finally {
            delete(weights); // what is mapped stays
        }
    }

    private static Guard guard(PolicyArchive archive, byte[] state) {
        Policy policy = archive.policy();
        byte[] certificate = CertificateText.sha256(archive);
        if (policy.guard() == null || certificate == null) {
            return null;
        }
        float epsilon = (float) policy.certificate().epsilon();
        return new Guard(policy.guard(), certificate, epsilon, new SecureRandom().nextLong(), state);
    }

    private Path unpack(PolicyArchive archive) throws IOException {
        Path file = Files.createTempFile(folder.toPath(), "rungs", ".bin");
        try {
            Files.write(file, archive.rungs());
            return file;
        } catch (IOException problem) {
            delete(file);
            throw problem;
        }
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException ignored) {
            file.toFile().deleteOnExit(); // it holds nothing secret, and a cache folder is emptied
        }
    }
}
