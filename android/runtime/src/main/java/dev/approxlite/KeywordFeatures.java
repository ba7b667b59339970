package dev.approxlite;

/**
 * What keyword models take, computed from sound: 10 mel-frequency cepstral coefficients of every 30 ms, in steps of
 * 20 ms; frontend.h says how. The bits are those that the desk computes.
 *
 * <p>Thread-safe: calls wait for each other. {@link #close} is idempotent.
 */
public final class KeywordFeatures implements AutoCloseable {
    /** Of the sound, in samples per second. */
    public static final int SAMPLE_RATE_HZ = 16_000;
    /** Of one frame. */
    public static final int COEFFICIENTS = 10;

    private long mfcc = NativeFrontend.createKeyword();

    /** @throws IllegalStateException if there is no memory */
    public KeywordFeatures() {
        if (mfcc == 0) {
            throw new IllegalStateException("no memory for audio features");
        }
    }

    /**
     * Features of every whole frame, one frame behind the other.
     *
     * @param sound 16-bit samples at {@link #SAMPLE_RATE_HZ}, one channel; one second gives 49 frames
     * @throws IllegalArgumentException if there is not one whole frame, 480 samples
     * @throws IllegalStateException after {@link #close}
     */
    public synchronized float[] of(short[] sound) {
        if (mfcc == 0) {
            throw new IllegalStateException("the features are closed");
        }
        float[] features = NativeFrontend.compute(mfcc, sound);
        if (features == null) {
            throw new IllegalArgumentException(sound.length + " samples are less than a frame");
        }
        return features;
    }

    @Override
    public synchronized void close() {
        NativeFrontend.destroy(mfcc);
        mfcc = 0;
    }
}
