package dev.approxlite.testing.service;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Engine;
import dev.approxlite.engine.Engines;
import dev.approxlite.engine.Kernels;
import dev.approxlite.policy.PolicyArchive;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** An engine that reads all of a 600 kB tensor: its answer is 16 sums, so that a wrong byte shows. */
final class SumEngines implements Engines {
    static final int INPUT_BYTES = 600_000;
    static final int SUMS = 16;

    @Override
    public Kernels kernels() {
        return new Kernels(1, "java");
    }

    @Override
    public Engine open(PolicyArchive policy, List<ByteBuffer> models, byte[] guardState) {
        return new SumEngine();
    }

    private static final class SumEngine extends Unwatched implements Engine {
        @Override
        public int inputBytes() {
            return INPUT_BYTES;
        }

        @Override
        public int outputBytes() {
            return SUMS * 4;
        }

        @Override
        public ElementType inputType() {
            return ElementType.FLOAT32;
        }

        @Override
        public int rungs() {
            return 1;
        }

        @Override
        public long run(int rung, ByteBuffer input, ByteBuffer output) {
            long begin = System.nanoTime();
            sum(input, output);
            return System.nanoTime() - begin;
        }

        @Override
        public Answer answer(ByteBuffer input, ByteBuffer output, InputContext context) {
            return new Answer(0, 0, 0, 0, 3, Float.NaN, run(0, input, output), 1, false);
        }

        @Override
        public void close() {}
    }

    /** Sum i of the integers at places i, i + 16, ... */
    static void sum(ByteBuffer input, ByteBuffer output) {
        int[] sums = new int[SUMS];
        ByteBuffer from = input.duplicate().order(ByteOrder.nativeOrder());
        for (int at = 0; at + 4 * SUMS <= INPUT_BYTES; at += 4 * SUMS) {
            for (int i = 0; i < SUMS; ++i) {
                sums[i] += from.getInt(at + 4 * i);
            }
        }
        for (int i = 0; i < SUMS; ++i) {
            output.putInt(4 * i, sums[i]);
        }
    }
}
