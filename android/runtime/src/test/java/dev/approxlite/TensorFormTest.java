package dev.approxlite;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;

import dev.approxlite.policy.LadderRung;
import java.nio.ByteBuffer;
import java.time.LocalTime;
import org.junit.Test;
import org.tensorflow.lite.DataType;

/** Numbers on a grid, the real numbers that they stand for, and inputs given from one model to another. */
public class TensorFormTest {
    private static final TensorForm BYTES = new TensorForm(DataType.INT8, new int[] {1, 4}, 0.5f, -3);
    private static final TensorForm FLOATS = new TensorForm(DataType.FLOAT32, new int[] {1, 2, 2}, 0, 0);

    @Test
    public void numbersOnAGridComeBack() {
        ByteBuffer bytes = BYTES.allocate();
        BYTES.write(new float[] {-128, -3, 0, 127}, bytes);
        float[] numbers = new float[4];
        BYTES.read(bytes, numbers);
        assertArrayEquals(new float[] {-128, -3, 0, 127}, numbers, 0);
        BYTES.toReal(numbers);
        assertArrayEquals(new float[] {-62.5f, 0, 1.5f, 65}, numbers, 0);
        BYTES.toGrid(numbers);
        assertArrayEquals(new float[] {-128, -3, 0, 127}, numbers, 0);
    }

    @Test
    public void realNumbersBeyondAGridAreCutOffAndHalvesGoToEven() {
        float[] numbers = {-1000, 1000, 0.25f, 0.75f};
        BYTES.toGrid(numbers);
        assertArrayEquals(new float[] {-128, 127, -3, -1}, numbers, 0);
    }

    @Test
    public void unsignedBytesAreNotNegative() {
        TensorForm form = new TensorForm(DataType.UINT8, new int[] {1}, 1, 0);
        ByteBuffer bytes = form.allocate();
        form.write(new float[] {200}, bytes);
        float[] numbers = new float[1];
        form.read(bytes, numbers);
        assertEquals(200, numbers[0], 0);
    }

    @Test
    public void anInputIsTheSameBufferWhereNothingHasToChange() {
        ByteBuffer sample = FLOATS.allocate();
        TensorForm taken = new TensorForm(DataType.FLOAT32, new int[] {1, 2, 2, 1}, 0, 0);
        assertSame(sample, new InputMap(FLOATS, taken, null).map(sample));
    }

    @Test
    public void anInputIsScaledByItsLastAxis() {
        ByteBuffer sample = FLOATS.allocate();
        FLOATS.write(new float[] {1, 2, 3, 4}, sample);
        LadderRung.InputForm form = new LadderRung.InputForm(new double[] {2, 10}, new double[] {1});
        float[] numbers = new float[4];
        FLOATS.read(new InputMap(FLOATS, FLOATS, form).map(sample), numbers);
        assertArrayEquals(new float[] {3, 21, 7, 41}, numbers, 0);
    }

    @Test
    public void modelsOfOtherShapesAreRefused() {
        TensorForm other = new TensorForm(DataType.FLOAT32, new int[] {1, 3}, 0, 0);
        assertThrows(IllegalArgumentException.class, () -> new InputMap(FLOATS, other, null));
    }

    @Test
    public void aTimeOfDayThatIsOverIsTomorrows() {
        assertEquals(60, Controller.secondsUntil(61, LocalTime.of(1, 0)), 1e-6);
        assertEquals(24 * 3600, Controller.secondsUntil(60, LocalTime.of(1, 0)), 1e-6);
        assertEquals(23 * 3600, Controller.secondsUntil(0, LocalTime.of(1, 0)), 1e-6);
    }

    @Test
    public void theSameInputHasNotChanged() {
        InputChange change = new InputChange(2);
        assertEquals(Float.NaN, change.of(new float[] {1, 1}), 0);
        change.keep(new float[] {1, 1});
        assertEquals(0, change.of(new float[] {1, 1}), 0);
        assertEquals(1, change.of(new float[] {3, -1}), 1e-6);
    }
}
