package dev.approxlite.service.profiling;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.approxlite.ApproxInterpreter;
import dev.approxlite.Operator;
import dev.approxlite.RungSpec;
import dev.approxlite.StockDelegate;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.EngineException.Reason;
import dev.approxlite.policy.LadderRung;
import dev.approxlite.policy.Policy;
import dev.approxlite.policy.Sha256;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.tensorflow.lite.Interpreter;
import org.tensorflow.lite.Tensor;
import org.tensorflow.lite.TensorFlowLite;

/** The model of a start line, on our engine and, once a block asks for it, on stock TensorFlow Lite. One thread's. */
final class ProfiledModel implements Runner.Source, Closeable {
    private static final Path BOOT_ID = Paths.get("/proc/sys/kernel/random/boot_id");

    private final ByteBuffer model;
    private final StartLine line;
    private final ApproxInterpreter ours;
    private final TensorRunner oursRunner;
    private List<RungSpec> ladder = List.of();
    private Interpreter stock;
    private StockDelegate xnnpack;
    private TensorRunner stockRunner;

    /**
     * Reads the model and makes it ready.
     *
     * @throws IOException if it cannot be read
     * @throws EngineException if it cannot be run here
     */
    ProfiledModel(StartLine line) throws IOException, EngineException {
        this.line = line;
        try (FileChannel file = FileChannel.open(Paths.get(line.model()))) {
            model = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size());
        }
        ApproxInterpreter made = null;
        try {
            made = new ApproxInterpreter(model, new ApproxInterpreter.Options().setNumThreads(line.threads()));
            ours = made;
            oursRunner = new Ours(made, line.seed());
        } catch (EngineException problem) {
            made.close();
            throw problem;
        } catch (IllegalArgumentException | IllegalStateException problem) {
            throw new EngineException(Reason.CANNOT_RUN, line.model() + ": " + problem.getMessage());
        } catch (LinkageError missing) {
            throw new EngineException(
                    Reason.CANNOT_RUN, "no engine is in this APK, which should have been built with the native"
                            + " library (" + missing.getMessage() + ")");
        }
    }

    /** What the opening row tells of model, engine and phone. */
    JsonObject opening() throws IOException {
        JsonObject opening = new JsonObject();
        opening.addProperty("agent", "service " + ApproxInterpreter.version());
        opening.addProperty("model_sha256", Sha256.of(model.duplicate()));
        opening.addProperty("numerics_version", ApproxInterpreter.numericsVersion());
        opening.addProperty("kernel_variant", ApproxInterpreter.variants().get(0));
        opening.addProperty("features", ApproxInterpreter.cpuFeatures());
        opening.addProperty("runtime_version", TensorFlowLite.runtimeVersion());
        JsonArray operators = new JsonArray();
        for (Operator each : ours.operators()) {
            JsonObject operator = new JsonObject();
            operator.addProperty("id", each.id());
            JsonArray knobs = new JsonArray();
            each.knobs().forEach(knobs::add);
            operator.add("knobs", knobs);
            operator.addProperty("multiply_accumulates", each.multiplyAccumulates());
            operators.add(operator);
        }
        opening.add("operators", operators);
        if (Files.isReadable(BOOT_ID)) {
            opening.addProperty("boot_id", new String(Files.readAllBytes(BOOT_ID), StandardCharsets.US_ASCII).trim());
        }
        return opening;
    }

    @Override
    public Runner prepare(List<PlannedBlock> upcoming) throws EngineException {
        if (upcoming.get(0).subject() == PlannedBlock.Subject.STOCK) {
            return stock();
        }
        RungSpec wanted = rung(upcoming.get(0));
        int known = ladder.indexOf(wanted);
        if (known < 0) {
            setLadder(upcoming);
        }
        ours.setRung(Math.max(known, 0));
        return oursRunner;
    }

    /** This block's rung first, then those of the blocks after it, as far as there is room. */
    private void setLadder(List<PlannedBlock> upcoming) throws EngineException {
        List<RungSpec> rungs = new ArrayList<>();
        for (PlannedBlock each : upcoming) {
            boolean isNew = each.subject() == PlannedBlock.Subject.APPROXLITE && !rungs.contains(rung(each));
            if (isNew && rungs.size() < Policy.MAX_RUNGS) {
                rungs.add(rung(each));
            }
        }
        ladder = List.of();
        try {
            ours.setLadder(rungs);
        } catch (IllegalArgumentException oneOfThem) {
            rungs = List.of(rungs.get(0)); // one that does not fit the model is told of when its turn has come
            try {
                ours.setLadder(rungs);
            } catch (IllegalArgumentException thisOne) {
                throw new EngineException(Reason.CANNOT_RUN, thisOne.getMessage());
            }
        }
        ladder = rungs;
    }

    private static RungSpec rung(PlannedBlock block) {
        Map<String, LadderRung.Scale> scales = new LinkedHashMap<>();
        block.scales().forEach((id, grid) -> scales.put(id, new LadderRung.Scale(grid.scale(), grid.zeroPoint())));
        return new RungSpec(block.configuration(), scales, null, "");
    }

    private Runner stock() throws EngineException {
        if (stockRunner == null) {
            try {
                xnnpack = new StockDelegate(line.threads());
                Interpreter.Options options = new Interpreter.Options()
                        .setNumThreads(line.threads())
                        .setUseXNNPACK(false)
                        .addDelegate(xnnpack);
                stock = new Interpreter(model, options);
                stock.allocateTensors();
                stockRunner = new Stock(stock, line.seed());
            } catch (IllegalArgumentException | IllegalStateException problem) {
                throw new EngineException(Reason.CANNOT_RUN, "stock: " + problem.getMessage());
            }
        }
        return stockRunner;
    }

    @Override
    public void close() {
        ours.close();
        if (stock != null) {
            stock.close();
        }
        if (xnnpack != null) {
            xnnpack.close();
        }
    }

    private static List<Tensor> tensors(int count, IntFunction<Tensor> tensor) {
        List<Tensor> all = new ArrayList<>();
        for (int i = 0; i < count; ++i) {
            all.add(tensor.apply(i));
        }
        return all;
    }

    private static final class Ours extends TensorRunner {
        private final ApproxInterpreter interpreter;
        private final List<String> ids = new ArrayList<>();

        Ours(ApproxInterpreter interpreter, long seed) throws EngineException {
            super(
                    tensors(interpreter.getInputTensorCount(), interpreter::getInputTensor),
                    tensors(interpreter.getOutputTensorCount(), interpreter::getOutputTensor), seed);
            this.interpreter = interpreter;
            interpreter.operators().forEach(each -> ids.add(each.id()));
        }

        @Override
        void run(Object[] given, Map<Integer, Object> taken) {
            interpreter.runForMultipleInputsOutputs(given, taken);
        }

        @Override
        public void timeOperators(boolean on) {
            interpreter.setTimesOperators(on);
        }

        @Override
        public List<String> operatorIds() {
            return ids;
        }

        @Override
        public long[] operatorNs() {
            return interpreter.operatorNanoseconds();
        }
    }

    private static final class Stock extends TensorRunner {
        private final Interpreter interpreter;

        Stock(Interpreter interpreter, long seed) throws EngineException {
            super(
                    tensors(interpreter.getInputTensorCount(), interpreter::getInputTensor),
                    tensors(interpreter.getOutputTensorCount(), interpreter::getOutputTensor), seed);
            this.interpreter = interpreter;
        }

        @Override
        void run(Object[] given, Map<Integer, Object> taken) {
            interpreter.runForMultipleInputsOutputs(given, taken);
        }

        @Override
        public void timeOperators(boolean on) {}

        @Override
        public List<String> operatorIds() {
            return List.of();
        }

        @Override
        public long[] operatorNs() {
            return new long[0];
        }
    }
}
