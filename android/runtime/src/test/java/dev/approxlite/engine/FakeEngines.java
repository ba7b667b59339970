package dev.approxlite.engine;

import dev.approxlite.context.InputContext;
import dev.approxlite.policy.PolicyArchive;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Engines whose rung r answers an input of 16 bytes with each byte plus r, so that right answers can be told. */
public final class FakeEngines implements Engines {
    /** Bytes of an input and of an output. */
    public static final int BYTES = 16;
    /** Of a guard's state. */
    public static final int STATE_BYTES = 512;
    /** {@code approx_alarm} of a state that no guard can read. */
    public static final int UNREADABLE = 5;

    /** Holds runs until a test lets them go on. */
    public static final class Gate {
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch opened = new CountDownLatch(1);

        /** Until a run waits here; fails a test that waits for more than ten seconds. */
        public void awaitRun() throws InterruptedException {
            if (!reached.await(10, TimeUnit.SECONDS)) {
                throw new AssertionError("nothing ran within ten seconds");
            }
        }

        /** Lets those that wait go on, and all that come. */
        public void open() {
            opened.countDown();
        }

        /** Where a run waits. */
        public void pass() {
            reached.countDown();
            try {
                opened.await();
            } catch (InterruptedException asked) {
                throw new AssertionError(asked);
            }
        }
    }

    /** Engines that are open. */
    public final AtomicInteger open = new AtomicInteger();

    /** Added to every output byte, as other bits would be. */
    public volatile int drift;
    /** What a run that begins waits at; null: at nothing. */
    public volatile Gate gate;
    /** Whether every answer is checked, and agrees. */
    public volatile boolean agrees;
    /** Alarm that a check of every answer raises; 0: none. */
    public volatile int alarm;
    /** Rungs that ran before the one that answers, as bits. */
    public volatile int escalatedFrom;
    /** Alarm that the next answer's output raises by itself; 0: none. */
    public volatile int tripwire;
    /** Done once, right after the next answer or check, as another thread may; null: nothing. */
    public volatile Runnable meanwhile;
    /** Whether the guard of a closed engine gives no state. */
    public volatile boolean forgets;
    /** What every answer ends in, a RuntimeException or an Error; null: none. */
    public volatile Throwable bug;
    /** Context of the last answer. */
    public volatile InputContext context;
    /** What the guard was opened with last. */
    public volatile byte[] guardState;

    @Override
    public Kernels kernels() {
        return new Kernels(1, "fake");
    }

    @Override
    public Engine open(PolicyArchive policy, List<ByteBuffer> models, byte[] state) {
        open.incrementAndGet();
        guardState = state;
        return new FakeEngine(state);
    }

    private void doMeanwhile() {
        Runnable what = meanwhile;
        meanwhile = null;
        if (what != null) {
            what.run();
        }
    }

    private final class FakeEngine implements Engine {
        private boolean closed;
        private int pinned = -1;
        private long answers;
        private long checkedAnswers;
        /** The state's second byte. */
        private byte checks;
        /** Alarm that exact, rung 1, is latched for; the state's first byte. */
        private int latched;

        FakeEngine(byte[] state) {
            latched = state == null ? 0 : state.length != STATE_BYTES || state[0] < 0 ? UNREADABLE : state[0];
        }

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
            requireOpen();
            long begin = System.nanoTime();
            Gate held = gate;
            if (held != null) {
                held.pass();
            }
            for (int i = 0; i < BYTES; ++i) {
                output.put(i, (byte) (input.get(i) + rung + drift));
            }
            return System.nanoTime() - begin;
        }

        @Override
        public Answer answer(ByteBuffer input, ByteBuffer output, InputContext given) throws EngineException {
            context = given;
            if (bug instanceof Error) {
                throw (Error) bug;
            } else if (bug != null) {
                throw (RuntimeException) bug;
            }
            ++answers;
            int rung = latched != 0 ? 1 : Math.max(pinned, 0);
            latched = latched != 0 ? latched : tripwire;
            boolean checked = latched == 0 && (alarm != 0 || agrees);
            int ran = 1 << rung | escalatedFrom;
            long ns = run(rung, input, output);
            doMeanwhile();
            return new Answer(rung, pinned >= 0 ? -1 : 0, 0, 0, 3, 1, ns, ran, checked, latched);
        }

        @Override
        public Check finish() throws EngineException {
            requireOpen();
            if (latched != 0 || alarm == 0 && !agrees || answers == checkedAnswers) {
                return null;
            }
            checkedAnswers = answers;
            ++checks;
            latched = alarm;
            doMeanwhile();
            return new Check(alarm == 0, alarm == 0 ? 0 : 1, alarm);
        }

        @Override
        public void pin(int rung) {
            pinned = rung;
        }

        private synchronized void requireOpen() throws EngineException {
            if (closed) {
                throw new EngineException(EngineException.Reason.CLOSED, "the engine is closed");
            }
        }

        @Override
        public synchronized GuardStatus guard() {
            if (closed && forgets) {
                return GuardStatus.NONE;
            }
            byte[] state = new byte[STATE_BYTES];
            state[0] = (byte) latched;
            state[1] = checks;
            return new GuardStatus(latched, answers, 0, 0, 0, 1, state);
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
