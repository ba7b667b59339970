package dev.approxlite;

/** guard.h, function for function; handles are addresses, and 0 is none. */
final class NativeGuard {
    private NativeGuard() {}

    /**
     * 0 where an option is out of its range.
     *
     * @param settings epsilon, alpha, canary_rate, unsure, unsure_factor, unsure_share, still_change
     * @param ranges low and high of each rung
     */
    static native long create(
            byte[] certificate,
            float[] settings,
            long seed,
            float[] ranges,
            int[] zerosSeen,
            int constantLimit,
            int outOfRangeLimit);

    static native void destroy(long guard);

    /**
     * Status of the call.
     *
     * @param counts to be filled: alarm, answers, canaries, disagreements
     * @param estimates to be filled: disagreement_share, e_value
     */
    static native int status(long guard, long[] counts, double[] estimates);

    static native int latch(long guard, int alarm);

    static native int save(long guard, byte[] state);

    static native int load(long guard, byte[] state);
}
