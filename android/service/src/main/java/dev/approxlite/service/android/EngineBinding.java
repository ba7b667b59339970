package dev.approxlite.service.android;

import android.content.Context;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.Kernels;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.service.engine.EngineLauncher;
import dev.approxlite.service.engine.EngineProcess;
import dev.approxlite.service.engine.Watchdog;
import dev.approxlite.service.policy.ModelFolder;

/** Starts isolated processes, each for one engine. Not for the main thread; else thread-safe. */
final class EngineBinding implements EngineLauncher {
    private static final long TICK_MS = 1000;

    private final Context app;
    private final ModelFolder models;
    private final Watchdog watchdog;
    private volatile Kernels kernels;

    EngineBinding(Context app, ModelFolder models) {
        this(app, models, new Watchdog(TICK_MS));
    }

    /** With another idea of time, for tests. */
    EngineBinding(Context app, ModelFolder models, Watchdog watchdog) {
        this.app = app;
        this.models = models;
        this.watchdog = watchdog;
    }

    @Override
    public EngineProcess launch(PolicyArchive policy, byte[] guardState) throws EngineException {
        IsolatedProcess process = IsolatedProcess.start(app, IsolatedProcess.Use.ENGINE, watchdog);
        try {
            kernels = process.kernels();
            return process.open(policy, models, guardState);
        } catch (EngineException problem) {
            process.close();
            throw problem;
        }
    }

    /** A process apart from the one that serves clients, which whatever is wrong with a candidate ends. */
    IsolatedProcess startTrial() throws EngineException {
        IsolatedProcess process = IsolatedProcess.start(app, IsolatedProcess.Use.TRIAL, watchdog);
        try {
            kernels = process.kernels();
            return process;
        } catch (EngineException problem) {
            process.close();
            throw problem;
        }
    }

    /** What an engine told of its kernels; null before one did. */
    Kernels knownKernels() {
        return kernels;
    }
}
