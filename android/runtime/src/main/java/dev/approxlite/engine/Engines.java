package dev.approxlite.engine;

import dev.approxlite.policy.PolicyArchive;
import java.nio.ByteBuffer;
import java.util.List;

/** Where engines come from: the native library in an app, a process of its own in the service. Thread-safe. */
public interface Engines {
    /** What all engines of this process compute with. */
    Kernels kernels();

    /**
     * Makes a policy's models ready.
     *
     * @param policy already verified
     * @param models contents of the files that it is for, in its order; not to be changed while the engine lives
     * @param guardState as {@link GuardStatus#state} gave it; null: the guard never saved. What cannot be read latches
     *     exact
     * @return the caller's to close
     * @throws EngineException if a model or a configuration cannot be run here
     */
    Engine open(PolicyArchive policy, List<ByteBuffer> models, byte[] guardState) throws EngineException;
}
