package dev.approxlite;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.tensorflow.lite.Interpreter;
import org.tensorflow.lite.Tensor;

/**
 * A TensorFlow Lite interpreter whose operators can be approximate, and change between two inferences: an unmodified
 * model on our engine; what the engine does not know, the runtime runs, by XNNPACK where that can, as on the desk.
 *
 * <pre>{@code
 * try (ApproxInterpreter interpreter = new ApproxInterpreter(model, new ApproxInterpreter.Options()
 *         .setLadder(RungSpec.of("exact"), RungSpec.of("all=int8")))) {
 *     interpreter.setRung(1);
 *     interpreter.run(input, output);
 * }
 * }</pre>
 *
 * <p>Thread-safe: calls wait for each other. {@link #close} may be called by any thread at any moment, and again: it
 * waits for the run under way; other calls after it throw {@link IllegalStateException}.
 */
public final class ApproxInterpreter implements AutoCloseable {
    /** How an interpreter is made. Not thread-safe. */
    public static final class Options {
        private List<RungSpec> ladder = List.of(RungSpec.of("exact"));
        private String variant;
        private int numThreads = 1;

        /** 1 to 16 rungs; exact alone unless it is set. */
        public Options setLadder(RungSpec... rungs) {
            return setLadder(List.of(rungs));
        }

        /** 1 to 16 rungs; exact alone unless it is set. */
        public Options setLadder(List<RungSpec> rungs) {
            ladder = List.copyOf(rungs);
            return this;
        }

        /** Kernel variant by name, see {@link ApproxInterpreter#variants}; null: the best of this CPU. */
        public Options setVariant(String name) {
            variant = name;
            return this;
        }

        /** 1 to 16, of ours and of the runtime's. The bits of our operators do not depend on it. */
        public Options setNumThreads(int threads) {
            numThreads = threads;
            return this;
        }
    }

    private final Object lock = new Object();
    private final EngineDelegate engine;
    private final StockDelegate stock;
    private final boolean delegated;
    private Interpreter interpreter;
    private List<String> ladder;

    /**
     * Prepares a model and every rung.
     *
     * @param model a direct buffer in native byte order, such as a mapped file; not to be changed while this lives
     * @throws IllegalArgumentException if the runtime refuses the model, a rung does not fit it, or an option is out of
     *     its range; the message says why
     */
    public ApproxInterpreter(ByteBuffer model, Options options) {
        Parts parts = Parts.of(model, options);
        engine = parts.engine;
        stock = parts.stock;
        delegated = parts.delegated;
        interpreter = parts.interpreter;
        try {
            setLadder(options.ladder);
        } catch (RuntimeException problem) {
            close();
            throw problem;
        }
    }

    /** What an interpreter is made of. stock: null where XNNPACK is not there or not wanted. */
    private record Parts(EngineDelegate engine, StockDelegate stock, Interpreter interpreter, boolean delegated) {
        /**
         * With our engine, and XNNPACK for what it leaves. A runtime may refuse either: where a tensor's shape is known
         * only while the model runs, it admits no delegate like ours.
         */
        static Parts of(ByteBuffer model, Options options) {
            IllegalArgumentException refusal = null;
            for (int without = 0; without < 4; ++without) {
                try {
                    return of(model, options, without < 2, without % 2 == 0);
                } catch (IllegalArgumentException | IllegalStateException problem) {
                    refusal = new IllegalArgumentException(problem.getMessage(), problem);
                }
            }
            throw refusal;
        }

        private static Parts of(ByteBuffer model, Options options, boolean withOurs, boolean withStock) {
            EngineDelegate engine = new EngineDelegate(options.variant, options.numThreads);
            StockDelegate stock = null;
            Interpreter made = null;
            try {
                // XNNPACK is given by hand, for the runtime's own switch for it does nothing.
                Interpreter.Options given =
                        new Interpreter.Options().setNumThreads(options.numThreads).setUseXNNPACK(false);
                if (withOurs) {
                    given.addDelegate(engine);
                }
                stock = withStock ? StockDelegate.ifThere(options.numThreads) : null;
                if (stock != null) {
                    given.addDelegate(stock);
                }
                made = new Interpreter(model, given);
                made.allocateTensors();
                return new Parts(engine, stock, made, withOurs);
            } catch (RuntimeException problem) {
                closeAll(made, stock, engine);
                throw problem;
            }
        }
    }

    /** The interpreter first, which uses the others until its last breath. */
    private static void closeAll(Interpreter made, StockDelegate stock, EngineDelegate engine) {
        if (made != null) {
            made.close();
        }
        if (stock != null) {
            stock.close();
        }
        engine.close();
    }

    /**
     * Replaces all rungs and selects the first.
     *
     * @param rungs 1 to 16
     * @throws IllegalArgumentException if one does not fit the model; the old ladder stays
     */
    public void setLadder(List<RungSpec> rungs) {
        synchronized (lock) {
            open();
            if (!delegated && rungs.stream().anyMatch(rung -> !rung.configuration().matches("|exact"))) {
                throw new IllegalArgumentException("only exact, because the runtime runs the whole model by itself");
            }
            engine.setLadder(rungs);
            List<String> texts = new ArrayList<>();
            for (int rung = 0; rung < rungs.size(); ++rung) {
                texts.add(engine.configuration(rung));
            }
            ladder = Collections.unmodifiableList(texts);
        }
    }

    /** Canonical configuration text of every rung. */
    public List<String> ladder() {
        synchronized (lock) {
            open();
            return ladder;
        }
    }

    /** Which rung the next run takes: an index into the ladder. */
    public int rung() {
        synchronized (lock) {
            open();
            return engine.rung();
        }
    }

    /**
     * From the next run on this rung; costs less than a microsecond in the engine.
     *
     * @throws IllegalArgumentException if the ladder has no such rung
     */
    public void setRung(int rung) {
        synchronized (lock) {
            open();
            engine.setRung(rung);
        }
    }

    /** Canonical text of the current rung. */
    public String configuration() {
        synchronized (lock) {
            return ladder().get(rung());
        }
    }

    /**
     * One inference of a model with one input and one output, as {@link Interpreter#run} has it. Direct buffers in
     * native byte order are fastest; their positions are moved.
     */
    public void run(Object input, Object output) {
        synchronized (lock) {
            open().run(input, output);
        }
    }

    /** One inference, as {@link Interpreter#runForMultipleInputsOutputs} has it. */
    public void runForMultipleInputsOutputs(Object[] inputs, Map<Integer, Object> outputs) {
        synchronized (lock) {
            open().runForMultipleInputsOutputs(inputs, outputs);
        }
    }

    /** Type, shape and grid of an input. Valid while this is open. */
    public Tensor getInputTensor(int index) {
        synchronized (lock) {
            return open().getInputTensor(index);
        }
    }

    /** Type, shape and grid of an output. Valid while this is open. */
    public Tensor getOutputTensor(int index) {
        synchronized (lock) {
            return open().getOutputTensor(index);
        }
    }

    /** How many inputs the model takes. */
    public int getInputTensorCount() {
        synchronized (lock) {
            return open().getInputTensorCount();
        }
    }

    /** How many outputs the model has. */
    public int getOutputTensorCount() {
        synchronized (lock) {
            return open().getOutputTensorCount();
        }
    }

    /** How many operators of the model our engine runs; the runtime runs the others. */
    public int operatorCount() {
        synchronized (lock) {
            open();
            return delegated ? engine.operatorCount() : 0;
        }
    }

    /** The operators that our engine runs, in the model's order. */
    public List<Operator> operators() {
        synchronized (lock) {
            open();
            return delegated ? engine.operators() : List.of();
        }
    }

    /** Whether runs time each operator, which costs two clock reads for each; not so at first. */
    public void setTimesOperators(boolean on) {
        synchronized (lock) {
            open();
            engine.timeOperators(on);
        }
    }

    /** Nanoseconds of each of {@link #operators} in the last run that timed them; 0 for one folded into another. */
    public long[] operatorNanoseconds() {
        synchronized (lock) {
            open();
            return delegated ? engine.operatorNs() : new long[0];
        }
    }

    /** What the engine holds for activations, weights and plans. */
    public long memoryBytes() {
        synchronized (lock) {
            open();
            return engine.memoryBytes();
        }
    }

    /** Changes only when the bits that any kernel computes change; a policy carries it. */
    public static int numericsVersion() {
        return NativeEngine.numericsVersion();
    }

    /** Of the native library, "major.minor.patch". */
    public static String version() {
        return NativeEngine.version();
    }

    /** Space-separated CPU features that choose kernels, e.g. "neon dotprod". */
    public static String cpuFeatures() {
        return NativeEngine.cpuFeatures();
    }

    /** Kernel variants that this CPU can run, the best first. */
    public static List<String> variants() {
        List<String> names = new ArrayList<>();
        for (String name = NativeEngine.variantName(0); name != null; name = NativeEngine.variantName(names.size())) {
            names.add(name);
        }
        return names;
    }

    private Interpreter open() {
        if (interpreter == null) {
            throw new IllegalStateException("the interpreter is closed");
        }
        return interpreter;
    }

    /** Frees everything, after the run under way. */
    @Override
    public void close() {
        synchronized (lock) {
            if (interpreter != null) {
                closeAll(interpreter, stock, engine);
                interpreter = null;
            }
        }
    }
}
