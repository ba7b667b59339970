package dev.approxlite.demo.sensing;

/**
 * A Butterworth low-pass of third order for {@link ActivityWindows#RATE_HZ}, run forwards and then backwards so that
 * nothing is delayed, as SciPy's {@code filtfilt} does it: odd extension at both ends, states that begin settled.
 */
final class ZeroPhaseFilter {
    /** Keeps what moves slower than 20 Hz: {@code scipy.signal.butter(3, 20 / 25)}. */
    static final ZeroPhaseFilter NOISE = new ZeroPhaseFilter(
            new double[] {0.5276243825019432, 1.5828731475058295, 1.5828731475058295, 0.5276243825019432},
            new double[] {1, 1.7600418803431688, 1.1828932620378303, 0.2780599176345463});
    /** Keeps what moves slower than 0.3 Hz, gravity: {@code scipy.signal.butter(3, 0.3 / 25)}. */
    static final ZeroPhaseFilter GRAVITY = new ZeroPhaseFilter(
            new double[] {6.4518491290909294e-06, 1.9355547387272787e-05, 1.9355547387272787e-05,
                6.4518491290909294e-06},
            new double[] {1, -2.9246062354506974, 2.852027818593894, -0.9273699683501638});

    private static final int ORDER = 3;
    private static final int EXTENSION = 3 * (ORDER + 1);
    /** Fewer samples cannot be extended. */
    static final int LEAST_SAMPLES = EXTENSION + 1;

    private final double[] forward;
    private final double[] back;
    /** State that a constant input of 1 leaves behind. */
    private final double[] settled = new double[ORDER];

    private ZeroPhaseFilter(double[] forward, double[] back) {
        this.forward = forward;
        this.back = back;
        for (int i = ORDER - 1; i >= 0; --i) {
            settled[i] = forward[i + 1] - back[i + 1] + (i + 1 < ORDER ? settled[i + 1] : 0);
        }
    }

    /** x, at least {@link #LEAST_SAMPLES}; returns as many. */
    double[] of(double[] x) {
        double[] extended = new double[x.length + 2 * EXTENSION];
        int last = x.length - 1;
        for (int i = 0; i < EXTENSION; ++i) {
            extended[i] = 2 * x[0] - x[EXTENSION - i];
            extended[EXTENSION + x.length + i] = 2 * x[last] - x[last - 1 - i];
        }
        System.arraycopy(x, 0, extended, EXTENSION, x.length);
        run(extended, 0, 1);
        run(extended, extended.length - 1, -1);
        double[] y = new double[x.length];
        System.arraycopy(extended, EXTENSION, y, 0, y.length);
        return y;
    }

    /** In place, from {@code begin} in steps of {@code step}; direct form II transposed. */
    private void run(double[] x, int begin, int step) {
        double[] state = new double[ORDER];
        for (int i = 0; i < ORDER; ++i) {
            state[i] = settled[i] * x[begin];
        }
        for (int at = begin; at >= 0 && at < x.length; at += step) {
            double input = x[at];
            double output = forward[0] * input + state[0];
            for (int i = 0; i < ORDER; ++i) {
                double next = i + 1 < ORDER ? state[i + 1] : 0;
                state[i] = next + forward[i + 1] * input - back[i + 1] * output;
            }
            x[at] = output;
        }
    }
}
