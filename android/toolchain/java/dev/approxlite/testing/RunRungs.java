package dev.approxlite.testing;

import dev.approxlite.ApproxInterpreter;
import dev.approxlite.RungSpec;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A model's outputs under each of some configurations, for comparison with the desk's, bit for bit.
 *
 * <p>{@code RunRungs MODEL INPUTS OUTPUTS CONFIGURATION...}: INPUTS holds samples one behind the other, as the model
 * takes them; OUTPUTS gets, for each configuration, the output of each sample. On stdout the ladder, canonical.
 */
public final class RunRungs {
    private RunRungs() {}

    /** See above. */
    public static void main(String[] arguments) throws Exception {
        ByteBuffer model;
        try (FileChannel file = FileChannel.open(Path.of(arguments[0]))) {
            model = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size());
        }
        byte[] inputs = Files.readAllBytes(Path.of(arguments[1]));
        RungSpec[] ladder = Arrays.stream(arguments).skip(3).map(RungSpec::of).toArray(RungSpec[]::new);
        ApproxInterpreter.Options options = new ApproxInterpreter.Options().setLadder(ladder);
        try (ApproxInterpreter interpreter = new ApproxInterpreter(model, options);
                OutputStream outputs = Files.newOutputStream(Path.of(arguments[2]))) {
            ByteBuffer input = direct(interpreter.getInputTensor(0).numBytes());
            ByteBuffer output = direct(interpreter.getOutputTensor(0).numBytes());
            byte[] copy = new byte[output.capacity()];
            for (int rung = 0; rung < ladder.length; ++rung) {
                interpreter.setRung(rung);
                for (int at = 0; at < inputs.length; at += input.capacity()) {
                    input.clear();
                    input.put(inputs, at, input.capacity()).rewind();
                    output.rewind();
                    interpreter.run(input, output);
                    output.rewind();
                    output.get(copy);
                    outputs.write(copy);
                }
            }
            System.out.println(interpreter.operatorCount() + " operators of ours");
            interpreter.ladder().forEach(System.out::println);
        }
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
}
