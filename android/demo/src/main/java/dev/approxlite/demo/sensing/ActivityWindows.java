package dev.approxlite.demo.sensing;

import java.util.Arrays;
import java.util.function.Consumer;

/**
 * From what an accelerometer measures to what the activity model takes, as it was trained (UCI's and HAPT's smartphone
 * recordings): 50 Hz, a median of three and a low-pass of 20 Hz against noise, gravity (below 0.3 Hz) taken off, in
 * windows of 128 samples that overlap by half; all x, then all y, then all z, in g.
 *
 * <p>Recordings were filtered forwards and backwards as a whole. Here that is done over what is known around a window:
 * {@link #HISTORY} samples before it and {@link #LATER} after it, for which it waits 1.3 s. Belongs to one thread.
 */
public final class ActivityWindows {
    /** Of windows, in samples per second. */
    public static final int RATE_HZ = 50;
    /** Of one window. */
    public static final int SAMPLES = 128;
    /** Of one window: 3 for each sample. */
    public static final int VALUES = 3 * SAMPLES;

    static final int HOP = SAMPLES / 2;
    static final int LATER = HOP;
    static final int HISTORY = 2 * SAMPLES;

    private static final int AXES = 3;
    private static final int MOST = HISTORY + SAMPLES + LATER;
    private static final double GRAVITY_MS2 = 9.80665;

    private final Consumer<float[]> windows;
    private final SteadyRate steady = new SteadyRate(RATE_HZ, this::take, this::forget);
    /** The last samples of each axis in g, the newest at the end. */
    private final double[][] kept = new double[AXES][MOST];
    private int known;
    private int sinceWindow;

    /** Gives every window to {@code windows}: {@link #VALUES} numbers. */
    public ActivityWindows(Consumer<float[]> windows) {
        this.windows = windows;
    }

    /**
     * One event of the accelerometer, gravity included, as Android gives it.
     *
     * @param timeNs of the event
     * @param x m/s²
     * @param y m/s²
     * @param z m/s²
     */
    public void add(long timeNs, float x, float y, float z) {
        steady.add(timeNs, x, y, z);
    }

    private void forget() {
        known = 0;
        sinceWindow = 0;
    }

    private void take(float[] sample) {
        for (int axis = 0; axis < AXES; ++axis) {
            System.arraycopy(kept[axis], 1, kept[axis], 0, MOST - 1);
            kept[axis][MOST - 1] = sample[axis] / GRAVITY_MS2;
        }
        known = Math.min(known + 1, MOST);
        ++sinceWindow;
        if (known >= SAMPLES + LATER && sinceWindow >= HOP) {
            sinceWindow = 0;
            windows.accept(window());
        }
    }

    private float[] window() {
        float[] window = new float[VALUES];
        for (int axis = 0; axis < AXES; ++axis) {
            double[] clean = ZeroPhaseFilter.NOISE.of(medians(Arrays.copyOfRange(kept[axis], MOST - known, MOST)));
            double[] gravity = ZeroPhaseFilter.GRAVITY.of(clean);
            int first = known - LATER - SAMPLES;
            for (int i = 0; i < SAMPLES; ++i) {
                window[axis * SAMPLES + i] = (float) (clean[first + i] - gravity[first + i]);
            }
        }
        return window;
    }

    /** Of each sample and its neighbours; the ends have one neighbour and stay. */
    private static double[] medians(double[] x) {
        double[] y = x.clone();
        for (int i = 1; i + 1 < x.length; ++i) {
            double low = Math.min(x[i - 1], x[i]);
            double high = Math.max(x[i - 1], x[i]);
            y[i] = Math.max(low, Math.min(high, x[i + 1]));
        }
        return y;
    }
}
