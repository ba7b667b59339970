package dev.approxlite.service.engine;

import dev.approxlite.engine.EngineException;
import dev.approxlite.policy.PolicyArchive;

/** Starts processes that engines live in. Thread-safe. */
public interface EngineLauncher {
    /**
     * A process with a policy's models ready.
     *
     * @param guardState what the guard saved; null: it never did
     * @throws EngineException if it cannot be started, or the policy cannot be run in it
     */
    EngineProcess launch(PolicyArchive policy, byte[] guardState) throws EngineException;
}
