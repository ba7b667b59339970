package dev.approxlite.service.profiling;

import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.EngineException.Reason;
import dev.approxlite.engine.SplitMix64;
import dev.approxlite.policy.Sha256;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.lite.DataType;
import org.tensorflow.lite.Tensor;

/**
 * An interpreter as an app uses it, with the agent's inputs. Each inference copies inputs and outputs, as Java's
 * interpreter does for every app; it is the same few microseconds for every configuration and for stock.
 */
abstract class TensorRunner implements Runner {
    private final Object[] inputs;
    private final Map<Integer, Object> outputs = new LinkedHashMap<>();

    /** The tensors are asked for their sizes, and not kept. */
    TensorRunner(List<Tensor> inputs, List<Tensor> outputs, long seed) throws EngineException {
        SplitMix64 random = new SplitMix64(seed);
        this.inputs = new Object[inputs.size()];
        for (int i = 0; i < this.inputs.length; ++i) {
            ByteBuffer values = direct(inputs.get(i));
            fill(inputs.get(i), values, random);
            this.inputs[i] = values;
        }
        for (int i = 0; i < outputs.size(); ++i) {
            this.outputs.put(i, direct(outputs.get(i)));
        }
    }

    private static ByteBuffer direct(Tensor tensor) {
        return ByteBuffer.allocateDirect(tensor.numBytes()).order(ByteOrder.nativeOrder());
    }

    /** Draws as native/agent/inputs.cc does. */
    private static void fill(Tensor tensor, ByteBuffer values, SplitMix64 random) throws EngineException {
        while (values.hasRemaining()) {
            switch (tensor.dataType()) {
                case FLOAT32:
                    values.putFloat(random.nextFloat());
                    break;
                case UINT8:
                case INT8:
                    values.put((byte) (random.next() >>> 56));
                    break;
                case INT16:
                    values.putShort((short) (random.next() >>> 48));
                    break;
                case INT32: // whole numbers are mostly places in a table: 0 or 1
                    values.putInt((int) (random.next() >>> 63));
                    break;
                case INT64:
                    values.putLong(random.next() >>> 63);
                    break;
                case BOOL:
                    values.put((byte) (random.next() >>> 63));
                    break;
                default:
                    DataType type = tensor.dataType();
                    throw new EngineException(
                            Reason.CANNOT_RUN, "input '" + tensor.name() + "' is of type " + type
                                    + ", for which there are no values here");
            }
        }
    }

    /** One inference by the interpreter. */
    abstract void run(Object[] given, Map<Integer, Object> taken);

    @Override
    public final void invoke() throws EngineException {
        for (Object each : inputs) {
            ((Buffer) each).rewind(); // ByteBuffer's own is newer than Android 8
        }
        for (Object each : outputs.values()) {
            ((Buffer) each).rewind();
        }
        try {
            run(inputs, outputs);
        } catch (IllegalArgumentException | IllegalStateException problem) {
            throw new EngineException(Reason.CANNOT_RUN, "the runtime fails to run the model: " + problem.getMessage());
        }
    }

    @Override
    public final String outputSha256() {
        int bytes = outputs.values().stream().mapToInt(each -> ((ByteBuffer) each).capacity()).sum();
        ByteBuffer all = ByteBuffer.allocate(bytes);
        for (Object each : outputs.values()) {
            Buffer output = ((ByteBuffer) each).duplicate();
            output.rewind();
            all.put((ByteBuffer) output);
        }
        return Sha256.of(all.array());
    }
}
