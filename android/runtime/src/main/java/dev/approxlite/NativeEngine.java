package dev.approxlite;

import java.nio.ByteBuffer;

/** engine.h, function for function; handles are addresses, and 0 is none. Whoever holds one keeps it alive. */
final class NativeEngine {
    static {
        System.loadLibrary("approxlite");
    }

    private NativeEngine() {}

    static native int numericsVersion();

    static native String version();

    static native String cpuFeatures();

    /** Null past the last. */
    static native String variantName(int index);

    /** Seconds of a clock that never goes back, sleep included. */
    static native double clock();

    static native long create(String variant);

    static native void destroy(long engine);

    static native long delegate(long engine);

    static native String error(long engine);

    static native int setThreads(long engine, int threads);

    /** 0, with one line that says why in {@code error[0]}, where it cannot be read. content: direct, and borrowed. */
    static native long viewWeights(ByteBuffer content, String[] error);

    static native void closeWeights(long weights);

    /** Scales of all rungs, one after the other, {@code scaleCounts} of them for each rung. */
    static native int setLadder(
            long engine,
            String[] configurations,
            String[] names,
            long[] weights,
            int[] scaleCounts,
            int[] scaleOperators,
            float[] scaleValues,
            int[] scaleZeroPoints);

    static native int setRung(long engine, int rung);

    static native int rung(long engine);

    static native int operatorCount(long engine);

    static native String operatorId(long engine, int i);

    static native long multiplyAccumulates(long engine, int i);

    /** Null past the last. */
    static native String knob(long engine, int i, int knob);

    static native void timeOperators(long engine, boolean on);

    /** Fills {@code nanoseconds}, one for each operator. */
    static native void operatorTimes(long engine, long[] nanoseconds);

    static native String rungKnob(long engine, int rung, int i);

    static native long memoryBytes(long engine);
}
