package dev.approxlite;

import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.EngineException.Reason;
import dev.approxlite.engine.Engines;
import dev.approxlite.engine.Kernels;
import dev.approxlite.policy.CertificateText;
import dev.approxlite.policy.Policy;
import dev.approxlite.policy.PolicyArchive;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.List;

/**
 * Sessions in this process, on the native library. Needs no file of its own, so that it works in a process that may
 * open none. Thread-safe.
 */
public final class NativeEngines implements Engines {
    private final String variant;
    private final int numThreads;

    /** The best kernels of this CPU, on one thread. */
    public NativeEngines() {
        this(null, 1);
    }

    /** With a kernel variant by name (null: the best) and 1 to 16 threads. */
    public NativeEngines(String variant, int numThreads) {
        this.variant = variant;
        this.numThreads = numThreads;
    }

    @Override
    public Kernels kernels() {
        return new Kernels(NativeEngine.numericsVersion(), variant == null ? NativeEngine.variantName(0) : variant);
    }

    @Override
    public Session open(PolicyArchive archive, List<ByteBuffer> models, byte[] guardState) throws EngineException {
        Policy policy = archive.policy();
        Ladder ladder = null;
        Guard guard = null;
        try {
            ladder = new Ladder(models, policy.ladder(), archive.rungs(), variant, numThreads);
            guard = guard(archive, guardState);
            return new Session(policy, ladder, guard);
        } catch (IllegalArgumentException | IllegalStateException problem) {
            if (guard != null) {
                guard.close();
            }
            if (ladder != null) {
                ladder.close();
            }
            throw new EngineException(Reason.CANNOT_RUN, "the policy cannot be followed: " + problem.getMessage());
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
}
