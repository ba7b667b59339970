package dev.approxlite;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.tensorflow.lite.DataType;
import org.tensorflow.lite.Tensor;

/**
 * Type, shape and grid of a tensor: real = scale * (number - zeroPoint).
 *
 * @param type FLOAT32, INT8 or UINT8
 * @param shape batch axis included
 * @param scale 0: numbers are real ones already
 * @param zeroPoint 0 where there is no scale
 */
record TensorForm(DataType type, int[] shape, float scale, int zeroPoint) {
    /** Refuses types that policies are not for. */
    static TensorForm of(Tensor tensor) {
        DataType type = tensor.dataType();
        if (type == DataType.FLOAT32) {
            return new TensorForm(type, tensor.shape(), 0, 0);
        }
        if (type != DataType.INT8 && type != DataType.UINT8) {
            throw new IllegalArgumentException(
                    "tensor '" + tensor.name() + "' is " + type + "; policies are for float32, int8 and uint8");
        }
        Tensor.QuantizationParams grid = tensor.quantizationParams();
        return new TensorForm(type, tensor.shape(), grid.getScale(), grid.getZeroPoint());
    }

    int count() {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    int bytes() {
        return Math.multiplyExact(count(), type.byteSize());
    }

    ByteBuffer allocate() {
        return ByteBuffer.allocateDirect(bytes()).order(ByteOrder.nativeOrder());
    }

    boolean isFloat() {
        return type == DataType.FLOAT32;
    }

    /** Whether numbers mean the same in both. */
    boolean sameNumbers(TensorForm other) {
        return type == other.type && scale == other.scale && zeroPoint == other.zeroPoint;
    }

    /** The numbers as they are stored, from position 0 on. */
    void read(ByteBuffer from, float[] to) {
        if (isFloat()) {
            Buffers.whole(from).asFloatBuffer().get(to);
            return;
        }
        int mask = type == DataType.UINT8 ? 0xff : ~0;
        for (int i = 0; i < to.length; ++i) {
            to[i] = from.get(i) & mask;
        }
    }

    /** What numbers stand for, in place. */
    void toReal(float[] numbers) {
        if (isFloat()) {
            return;
        }
        if (scale == 0) {
            throw new IllegalArgumentException(
                    "a tensor of " + type + " without a scale cannot be compared with other models' real numbers");
        }
        for (int i = 0; i < numbers.length; ++i) {
            numbers[i] = (numbers[i] - zeroPoint) * scale;
        }
    }

    /** Real numbers as this takes them: rounded to its grid and cut off at its ends; in place. */
    void toGrid(float[] numbers) {
        if (isFloat()) {
            return;
        }
        float low = type == DataType.UINT8 ? 0 : -128;
        float high = type == DataType.UINT8 ? 255 : 127;
        for (int i = 0; i < numbers.length; ++i) {
            numbers[i] = Math.min(Math.max((float) Math.rint(numbers[i] / scale) + zeroPoint, low), high);
        }
    }

    /** Stores numbers of this type, from position 0 on. */
    void write(float[] from, ByteBuffer to) {
        for (int i = 0; i < from.length; ++i) {
            if (isFloat()) {
                to.putFloat(4 * i, from[i]);
            } else {
                to.put(i, (byte) (int) from[i]);
            }
        }
    }
}
