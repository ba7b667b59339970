package dev.approxlite;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.lite.Delegate;

/** Owns one native engine, a delegate with a ladder. Whoever uses it sees to it that nobody else does meanwhile. */
final class EngineDelegate implements Delegate {
    private long engine;
    /** What the ladder's weights lie in, which native code only borrows. */
    private List<ByteBuffer> inUse = List.of();

    /** Refuses a variant that this CPU does not have, and a number of threads that cannot be. */
    EngineDelegate(String variant, int threads) {
        engine = NativeEngine.create(variant);
        if (engine == 0) {
            throw new IllegalArgumentException("this CPU has no kernel variant '" + variant + "'");
        }
        if (NativeEngine.setThreads(engine, threads) != 0) {
            String why = NativeEngine.error(engine);
            close();
            throw new IllegalArgumentException(why);
        }
    }

    @Override
    public long getNativeHandle() {
        return NativeEngine.delegate(engine);
    }

    /** Replaces the ladder and selects rung 0; refused with why, the old one stays. */
    void setLadder(List<RungSpec> rungs) {
        int count = rungs.size();
        int scales = rungs.stream().mapToInt(rung -> rung.scales().size()).sum();
        String[] configurations = new String[count];
        String[] names = new String[count];
        long[] weights = new long[count];
        int[] scaleCounts = new int[count];
        int[] operators = new int[scales];
        float[] values = new float[scales];
        int[] zeroPoints = new int[scales];
        Map<ByteBuffer, Long> opened = new IdentityHashMap<>();
        try {
            for (int i = 0, at = 0; i < count; ++i) {
                RungSpec rung = rungs.get(i);
                configurations[i] = rung.configuration();
                names[i] = rung.name();
                weights[i] = rung.weights() == null ? 0 : opened.computeIfAbsent(rung.weights(), EngineDelegate::view);
                scaleCounts[i] = rung.scales().size();
                for (var scale : rung.scales().entrySet()) {
                    operators[at] = operatorIndex(scale.getKey());
                    values[at] = scale.getValue().scale();
                    zeroPoints[at++] = scale.getValue().zeroPoint();
                }
            }
            check(NativeEngine.setLadder(
                    engine, configurations, names, weights, scaleCounts, operators, values, zeroPoints));
            inUse = List.copyOf(opened.keySet());
        } finally {
            opened.values().forEach(NativeEngine::closeWeights); // the ladder keeps what it uses
        }
    }

    private static long view(ByteBuffer content) {
        String[] error = {""};
        long weights = NativeEngine.viewWeights(content, error);
        if (weights == 0) {
            throw new IllegalArgumentException(error[0]);
        }
        return weights;
    }

    private static int operatorIndex(String id) {
        if (!id.matches("[a-z][a-z0-9_]*_(0|[1-9][0-9]{0,8})")) {
            throw new IllegalArgumentException("'" + id + "' is no operator id such as conv_2d_7");
        }
        return Integer.parseInt(id.substring(id.lastIndexOf('_') + 1));
    }

    void setRung(int rung) {
        check(NativeEngine.setRung(engine, rung));
    }

    int rung() {
        return NativeEngine.rung(engine);
    }

    /** Canonical configuration text of a rung; known once the interpreter has allocated its tensors. */
    String configuration(int rung) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < NativeEngine.operatorCount(engine); ++i) {
            String knob = NativeEngine.rungKnob(engine, rung, i);
            if (!knob.equals("exact")) {
                text.append(text.length() == 0 ? "" : ",").append(NativeEngine.operatorId(engine, i)).append('=').append(knob);
            }
        }
        return text.length() == 0 ? "exact" : text.toString();
    }

    int operatorCount() {
        return NativeEngine.operatorCount(engine);
    }

    List<Operator> operators() {
        List<Operator> found = new ArrayList<>();
        for (int i = 0; i < operatorCount(); ++i) {
            List<String> knobs = new ArrayList<>();
            for (String each = NativeEngine.knob(engine, i, 0); each != null; ) {
                knobs.add(each);
                each = NativeEngine.knob(engine, i, knobs.size());
            }
            found.add(new Operator(
                    NativeEngine.operatorId(engine, i),
                    List.copyOf(knobs),
                    NativeEngine.multiplyAccumulates(engine, i)));
        }
        return found;
    }

    void timeOperators(boolean on) {
        NativeEngine.timeOperators(engine, on);
    }

    /** Of the last run, in the operators' order. */
    long[] operatorNs() {
        long[] nanoseconds = new long[operatorCount()];
        NativeEngine.operatorTimes(engine, nanoseconds);
        return nanoseconds;
    }

    long memoryBytes() {
        return NativeEngine.memoryBytes(engine);
    }

    private void check(int status) {
        if (status != 0) {
            throw new IllegalArgumentException(NativeEngine.error(engine));
        }
    }

    /** Only after the interpreter that uses it. */
    @Override
    public void close() {
        NativeEngine.destroy(engine);
        engine = 0;
    }
}
