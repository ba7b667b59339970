package dev.approxlite.testing;

import dev.approxlite.ApproxInterpreter;
import dev.approxlite.StockDelegate;
import dev.approxlite.policy.Sha256;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BiConsumer;
import org.tensorflow.lite.Interpreter;

/**
 * Who runs the operators that our engine leaves: {@code RunLeftovers MODEL INPUT THREADS}. On stdout sha256 of the
 * output by our interpreter, by the runtime with XNNPACK, and by the runtime alone, one on a line, and last how many
 * operators are ours.
 */
public final class RunLeftovers {
    private RunLeftovers() {}

    /** See above. */
    public static void main(String[] arguments) throws Exception {
        ByteBuffer model;
        try (FileChannel file = FileChannel.open(Path.of(arguments[0]))) {
            model = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size());
        }
        byte[] input = Files.readAllBytes(Path.of(arguments[1]));
        int threads = Integer.parseInt(arguments[2]);
        ApproxInterpreter.Options options = new ApproxInterpreter.Options().setNumThreads(threads);
        try (ApproxInterpreter ours = new ApproxInterpreter(model, options);
                StockDelegate xnnpack = new StockDelegate(threads);
                Interpreter stock = new Interpreter(model, runtime(threads).addDelegate(xnnpack));
                Interpreter alone = new Interpreter(model, runtime(threads))) {
            int bytes = ours.getOutputTensor(0).numBytes();
            System.out.println(output(input, bytes, ours::run));
            System.out.println(output(input, bytes, stock::run));
            System.out.println(output(input, bytes, alone::run));
            System.out.println(ours.operatorCount());
        }
    }

    private static Interpreter.Options runtime(int threads) {
        return new Interpreter.Options().setNumThreads(threads).setUseXNNPACK(false);
    }

    private static String output(byte[] input, int bytes, BiConsumer<Object, Object> run) {
        ByteBuffer given = ByteBuffer.allocateDirect(input.length).order(ByteOrder.nativeOrder());
        ByteBuffer taken = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
        given.put(input).rewind();
        run.accept(given, taken);
        byte[] copy = new byte[bytes];
        taken.rewind().get(copy);
        return Sha256.of(copy);
    }
}
