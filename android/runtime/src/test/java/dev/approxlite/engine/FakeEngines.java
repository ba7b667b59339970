package dev.approxlite.engine;

import dev.approxlite.context.InputContext;
import dev.approxlite.policy.PolicyArchive;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Engines whose rung r answers an input of 16 bytes with each byte plus r, so that right answers can be told. */
public final class FakeEngines implements Engines {
    /** Bytes of an input and of an output. */
    public static final int BYTES = 16;

    /** Engines that are open. */
    public final AtomicInteger open = new AtomicInteger();

    /** Added to every output byte, as other bits would be. */
    public volatile int drift;
    /** How many nanoseconds a run takes at least. */
    public volatile long busyNs;
    /** Alarm of the guard. */
    public volatile int alarm;
    /** Context of the last answer. */
    public volatile InputContext context;
    /** What the guard was opened with last. */
    public volatile byte[] guardState;

    @Override
    public int numericsVersion() {
        return 1;
    }

    @Override
    public Engine open(PolicyArchive policy, List<ByteBuffer> models, byte[] state) {
        open.incrementAndGet();
        guardState = state;
        return new FakeEngine();
    }

    private final class FakeEngine implements Engine {
        private boolean closed;
        private int pinned = -1;
        private long answers;

        @Override
        public int inputBytes() {
            return BYTES;
        }

        @Override
        public int outputBytes() {
            return BYTES;
        }

        @Override
        public ElementType inputType() {
            return ElementType.INT8;
        }

        @Override
        public int rungs() {
            return 2;
        }

        @Override
        public synchronized long run(int rung, ByteBuffer input, ByteBuffer output) throws EngineException {
            if (closed) {
                throw new EngineException(EngineException.Reason.CLOSED, "the engine is closed");
            }
            long begin = System.nanoTime();
            for (int i = 0; i < BYTES; ++i) {
                output.put(i, (byte) (input.get(i) + rung + drift));
            }
            while (System.nanoTime() - begin < busyNs) {
                Thread.onSpinWait();
            }
            return System.nanoTime() - begin;
        }

        @Override
        public Answer answer(ByteBuffer input, ByteBuffer output, InputContext given) throws EngineException {
            context = given;
            ++answers;
            int rung = pinned >= 0 ? pinned : 0;
            return new Answer(rung, pinned >= 0 ? -1 : 0, 0, 0, 3, 1, run(rung, input, output), alarm != 0);
        }

        @Override
        public Check finish() {
            return alarm == 0 ? null : new Check(false, 1, alarm);
        }

        @Override
        public void pin(int rung) {
            pinned = rung;
        }

        @Override
        public GuardStatus guard() {
            return new GuardStatus(alarm, answers, 0, 0, 0, 1, new byte[512]);
        }

        @Override
        public synchronized void close() {
            if (!closed) {
                closed = true;
                open.decrementAndGet();
            }
        }
    }
}
