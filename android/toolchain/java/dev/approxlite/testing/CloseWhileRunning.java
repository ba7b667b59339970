package dev.approxlite.testing;

import dev.approxlite.ApproxInterpreter;
import dev.approxlite.RungSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Closes interpreters from one thread while another one runs them: {@code CloseWhileRunning MODEL TIMES}. On stdout how
 * many were closed, and how many runs there were before; any other end than a refusal after the close is an error.
 */
public final class CloseWhileRunning {
    private CloseWhileRunning() {}

    /** See above. */
    public static void main(String[] arguments) throws Exception {
        ByteBuffer model;
        try (FileChannel file = FileChannel.open(Path.of(arguments[0]))) {
            model = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size());
        }
        Random random = new Random(1);
        int times = Integer.parseInt(arguments[1]);
        long[] runs = {0};
        for (int i = 0; i < times; ++i) {
            ApproxInterpreter interpreter = new ApproxInterpreter(
                    model, new ApproxInterpreter.Options().setLadder(RungSpec.of("exact"), RungSpec.of("all=int8")));
            // Tensors are valid only while it is open.
            ByteBuffer input = direct(interpreter.getInputTensor(0).numBytes());
            ByteBuffer output = direct(interpreter.getOutputTensor(0).numBytes());
            AtomicReference<Throwable> end = new AtomicReference<>();
            Thread runner = new Thread(() -> end.set(runUntilClosed(interpreter, input, output, runs)));
            runner.start();
            Thread.sleep(random.nextInt(5));
            interpreter.close();
            interpreter.close();
            runner.join();
            if (!(end.get() instanceof IllegalStateException)) {
                throw new AssertionError("not refused after the close", end.get());
            }
        }
        System.out.println(times + " " + runs[0]);
    }

    private static Throwable runUntilClosed(
            ApproxInterpreter interpreter, ByteBuffer input, ByteBuffer output, long[] runs) {
        try {
            for (int rung = 0; ; rung ^= 1) {
                interpreter.setRung(rung);
                interpreter.run(input.duplicate(), output.duplicate());
                ++runs[0];
            }
        } catch (RuntimeException | Error problem) {
            return problem;
        }
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
}
