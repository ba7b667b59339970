package dev.approxlite;

import dev.approxlite.policy.LadderRung;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Gives samples of one input to a model that takes them in another type, on another grid or in other units. */
final class InputMap {
    private final TensorForm given;
    private final TensorForm taken;
    private final float[] multiply;
    private final float[] add;
    private final boolean same;
    private final float[] numbers;
    private final ByteBuffer mapped;

    /**
     * Refuses shapes that differ by more than axes of size 1.
     *
     * @param form null: the same numbers
     */
    InputMap(TensorForm given, TensorForm taken, LadderRung.InputForm form) {
        if (!Arrays.equals(lengths(given), lengths(taken))) {
            throw new IllegalArgumentException("the models of one policy have to take inputs of one shape, not "
                    + Arrays.toString(given.shape()) + " and " + Arrays.toString(taken.shape()));
        }
        this.given = given;
        this.taken = taken;
        same = form == null && given.sameNumbers(taken);
        multiply = factors(form == null ? new double[] {1} : form.multiply());
        add = factors(form == null ? new double[] {0} : form.add());
        numbers = same ? null : new float[taken.count()];
        mapped = same ? null : taken.allocate();
    }

    private static int[] lengths(TensorForm form) {
        return Arrays.stream(form.shape()).filter(n -> n != 1).toArray();
    }

    private float[] factors(double[] numbers) {
        int last = taken.shape()[taken.shape().length - 1];
        if (numbers.length != 1 && numbers.length != last) {
            throw new IllegalArgumentException(numbers.length + " numbers for an input whose last axis has " + last);
        }
        float[] factors = new float[last];
        for (int i = 0; i < last; ++i) {
            factors[i] = (float) numbers[numbers.length == 1 ? 0 : i];
        }
        return factors;
    }

    /** The sample as the model takes it: the same buffer where nothing has to change, else one that the next call fills. */
    ByteBuffer map(ByteBuffer sample) {
        if (same) {
            return sample;
        }
        given.read(sample, numbers);
        given.toReal(numbers);
        for (int i = 0; i < numbers.length; ++i) {
            numbers[i] = numbers[i] * multiply[i % multiply.length] + add[i % add.length];
        }
        taken.toGrid(numbers);
        taken.write(numbers, mapped);
        return mapped;
    }
}
