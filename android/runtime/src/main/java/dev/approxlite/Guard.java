package dev.approxlite;

import dev.approxlite.engine.GuardStatus;
import dev.approxlite.policy.GuardSettings;

/** The guard of guard.h: canaries, tripwires, the alarm they latch, and its state. Belongs to one thread at a time. */
final class Guard implements AutoCloseable {
    static final int STATE_BYTES = 512;
    private static final int UNREADABLE = 5;

    private final byte[] state = new byte[STATE_BYTES];
    private final long[] counts = new long[4];
    private final double[] estimates = new double[2];
    private long guard;

    /**
     * A guard that takes up what was saved; what cannot be read, or is another certificate's, latches exact.
     *
     * @param certificate 32 bytes, whose evidence this is
     * @param epsilon promised disagreement
     * @param seed of the draws, a fresh one at each start
     * @param saved as {@link #status} gave it; null: this guard never saved
     */
    Guard(GuardSettings settings, byte[] certificate, float epsilon, long seed, byte[] saved) {
        int rungs = settings.ranges().size();
        float[] ranges = new float[2 * rungs];
        int[] zeros = new int[rungs];
        for (int i = 0; i < rungs; ++i) {
            GuardSettings.OutputRange known = settings.ranges().get(i);
            ranges[2 * i] = known == null ? 1 : known.low();
            ranges[2 * i + 1] = known == null ? 0 : known.high();
            zeros[i] = known != null && known.zerosSeen() ? 1 : 0;
        }
        float[] numbers = {
            epsilon,
            settings.alpha(),
            settings.canaryRate(),
            settings.unsure(),
            settings.unsureFactor(),
            settings.unsureShare(),
            settings.stillChange()
        };
        guard = NativeGuard.create(
                certificate, numbers, seed, ranges, zeros, settings.constantLimit(), settings.outOfRangeLimit());
        if (guard == 0) {
            throw new IllegalArgumentException("a guard of epsilon " + epsilon + " cannot follow its settings " + settings);
        }
        if (saved != null && saved.length != STATE_BYTES) {
            NativeGuard.latch(guard, UNREADABLE);
        } else if (saved != null) {
            NativeGuard.load(guard, saved); // which latches what it cannot read
            System.arraycopy(saved, 0, state, 0, STATE_BYTES);
        }
    }

    /** Of the native guard, for a controller, which must be closed before this. */
    long handle() {
        return guard;
    }

    /** What it knows, and the state to keep. */
    GuardStatus status() {
        NativeGuard.status(guard, counts, estimates);
        NativeGuard.save(guard, state);
        return new GuardStatus(
                (int) counts[0], counts[1], counts[2], counts[3], estimates[0], estimates[1], state.clone());
    }

    /** {@code approx_alarm} that exact is latched for, 0 for none. Allocates nothing. */
    int alarm() {
        NativeGuard.status(guard, counts, estimates);
        return (int) counts[0];
    }

    @Override
    public void close() {
        NativeGuard.destroy(guard);
        guard = 0;
    }
}
