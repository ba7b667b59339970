package dev.approxlite.service.profiling;

import dev.approxlite.engine.EngineException;
import java.util.List;

/** A model that can be run, its inputs set. Belongs to one thread. */
public interface Runner {
    /** One inference. */
    void invoke() throws EngineException;

    /** Whether inferences time each operator. */
    void timeOperators(boolean on);

    /** Ids of the operators that can be timed, in the order of {@link #operatorNs}. */
    List<String> operatorIds();

    /** Nanoseconds of each in the last inference. */
    long[] operatorNs();

    /** Of the bytes of all outputs of the last inference, in the model's order. */
    String outputSha256();

    /** Where runners come from. */
    interface Source {
        /**
         * Makes ready what the first block measures, and what those after it do as far as that costs nothing more; not
         * called for idle.
         */
        Runner prepare(List<PlannedBlock> upcoming) throws EngineException;
    }
}
