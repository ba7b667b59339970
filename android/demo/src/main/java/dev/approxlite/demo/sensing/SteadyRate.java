package dev.approxlite.demo.sensing;

import java.util.function.Consumer;

/** Samples of a sensor, which come when they like, at a steady rate: on the straight line between two neighbours. */
final class SteadyRate {
    /** A longer silence is a break: what came before has nothing to do with what follows. */
    static final long BREAK_NS = 200_000_000;

    private final double periodNs;
    private final Consumer<float[]> out;
    private final Runnable broken;
    private float[] before;
    private long beforeNs;
    private double dueNs;

    /**
     * Gives steady samples to {@code out}, and runs {@code broken} where the sensor fell silent.
     *
     * @param rateHz of what is given
     */
    SteadyRate(double rateHz, Consumer<float[]> out, Runnable broken) {
        periodNs = 1e9 / rateHz;
        this.out = out;
        this.broken = broken;
    }

    /** One that is not later than the one before is left out. */
    void add(long timeNs, float... values) {
        if (before != null && timeNs <= beforeNs) {
            return;
        }
        if (before == null || timeNs - beforeNs > BREAK_NS) {
            if (before != null) {
                broken.run();
            }
            dueNs = timeNs;
            before = values;
            beforeNs = timeNs;
        }
        for (; dueNs <= timeNs; dueNs += periodNs) {
            out.accept(between(timeNs, values));
        }
        before = values.clone();
        beforeNs = timeNs;
    }

    private float[] between(long timeNs, float[] values) {
        float share = timeNs == beforeNs ? 1 : (float) ((dueNs - beforeNs) / (timeNs - beforeNs));
        float[] result = new float[values.length];
        for (int i = 0; i < result.length; ++i) {
            result[i] = before[i] + share * (values[i] - before[i]);
        }
        return result;
    }
}
