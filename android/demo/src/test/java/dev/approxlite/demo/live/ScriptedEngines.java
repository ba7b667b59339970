package dev.approxlite.demo.live;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.Engine;
import dev.approxlite.engine.Engines;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.engine.Kernels;
import dev.approxlite.policy.PolicyArchive;
import java.nio.ByteBuffer;
import java.util.List;

/** Engines that answer what a test tells them. */
public final class ScriptedEngines implements Engines {
    /** Bytes of a guard's state. */
    public static final int STATE_BYTES = 512;

    private final int numericsVersion;
    private final int inputs;
    private final int outputs;

    /** Index of every answer, with a confidence of 3/4. */
    public volatile int label;
    /** Of every answer that is not pinned. */
    public volatile int rung;
    /** Of every answer that is not pinned. */
    public volatile int candidate;
    /** Rungs that ran before the one that answers, as bits. */
    public volatile int escalatedFrom;
    /** Whether every answer is checked. */
    public volatile boolean checks;
    /** Of the guard. */
    public volatile int alarm;
    /** Rung that somebody asked for; negative: none. */
    public volatile int pinned = -1;
    /** The first number of the last input. */
    public volatile float firstInput;
    /** What the last engine was opened with. */
    public volatile byte[] guardState;
    /** Engines that are open. */
    public volatile int open;

    private long answers;

    /** Of models that take and give so many floats. */
    public ScriptedEngines(int numericsVersion, int inputs, int outputs) {
        this.numericsVersion = numericsVersion;
        this.inputs = inputs;
        this.outputs = outputs;
    }

    @Override
    public Kernels kernels() {
        return new Kernels(numericsVersion, "scripted");
    }

    @Override
    public Engine open(PolicyArchive policy, List<ByteBuffer> models, byte[] state) {
        guardState = state;
        ++open;
        return new Scripted(policy.policy().ladder().size());
    }

    private final class Scripted implements Engine {
        private final int rungs;

        Scripted(int rungs) {
            this.rungs = rungs;
        }

        @Override
        public int inputBytes() {
            return inputs * Float.BYTES;
        }

        @Override
        public int outputBytes() {
            return outputs * Float.BYTES;
        }

        @Override
        public ElementType inputType() {
            return ElementType.FLOAT32;
        }

        @Override
        public int rungs() {
            return rungs;
        }

        @Override
        public long run(int which, ByteBuffer input, ByteBuffer output) {
            firstInput = input.getFloat(0);
            for (int i = 0; i < outputs; ++i) {
                output.putFloat(i * Float.BYTES, i == label ? 0.75f : 0.25f / (outputs - 1));
            }
            return 1_500_000;
        }

        @Override
        public Answer answer(ByteBuffer input, ByteBuffer output, InputContext context) {
            ++answers;
            boolean free = pinned < 0;
            int which = free ? rung : pinned;
            long ns = run(which, input, output);
            int ran = 1 << which | escalatedFrom;
            return new Answer(which, free ? candidate : -1, free ? 0 : 5, 0, free ? 1 : 5, 1, ns, ran, checks, alarm);
        }

        @Override
        public Check finish() {
            return checks ? new Check(true, 0, alarm) : null;
        }

        @Override
        public void pin(int which) {
            pinned = which;
        }

        @Override
        public GuardStatus guard() {
            return new GuardStatus(
                    alarm, answers, checks ? answers : 0, 0, checks ? 0 : Double.NaN, 1, new byte[STATE_BYTES]);
        }

        @Override
        public void close() {
            --open;
        }
    }
}
