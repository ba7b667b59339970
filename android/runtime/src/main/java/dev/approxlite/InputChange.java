package dev.approxlite;

/**
 * How much an input changed since one before: root mean square of the difference, over that of the calibration inputs.
 * So 0 is the same input, and 1 is as much as the inputs themselves. Belongs to one thread at a time.
 */
final class InputChange {
    private final float inputRms;
    private float[] before;

    /** NaN: every change is unknown. */
    InputChange(float inputRms) {
        this.inputRms = inputRms;
    }

    /** Whether changes are known at all. */
    boolean known() {
        return !Float.isNaN(inputRms);
    }

    /** Distance from the last input kept; NaN while there is none. */
    float of(float[] input) {
        if (!known() || before == null || before.length != input.length) {
            return Float.NaN;
        }
        double sum = 0;
        for (int i = 0; i < input.length; ++i) {
            float difference = input[i] - before[i];
            sum += (double) difference * difference;
        }
        return (float) (Math.sqrt(sum / Math.max(1, input.length)) / inputRms);
    }

    /** The input is one that really ran. */
    void keep(float[] input) {
        if (known()) {
            before = input.clone();
        }
    }
}
