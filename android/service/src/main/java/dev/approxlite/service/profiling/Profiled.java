package dev.approxlite.service.profiling;

import com.google.gson.JsonObject;
import dev.approxlite.engine.EngineException;
import java.io.Closeable;

/** A model that a start line names, opened by the native library; found by META-INF/services. */
public interface Profiled {
    /** What is open. */
    interface Opened extends Closeable {
        /** Of the opening row: agent, model, numerics, variant, features, runtime and operators. */
        JsonObject opening();

        /** Where blocks get their runners from. */
        Runner.Source runners();

        @Override
        void close();
    }

    /** @throws EngineException if the model cannot be run here; one line that says why */
    Opened open(StartLine line) throws EngineException;
}
