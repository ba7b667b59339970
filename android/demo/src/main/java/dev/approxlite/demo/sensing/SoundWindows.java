package dev.approxlite.demo.sensing;

import java.util.function.Consumer;

/** The last second of sound, four times a second: what a keyword model hears. Belongs to one thread. */
public final class SoundWindows {
    /** In samples per second. */
    public static final int RATE_HZ = 16_000;
    /** Of one window. */
    public static final int SAMPLES = RATE_HZ;
    /** From one window to the next. */
    public static final int HOP = RATE_HZ / 4;

    private final Consumer<short[]> windows;
    private final short[] last = new short[SAMPLES];
    private int known;
    private int sinceWindow;

    /** Gives every window to {@code windows}: {@link #SAMPLES} samples, its own copy. */
    public SoundWindows(Consumer<short[]> windows) {
        this.windows = windows;
    }

    /** The first {@code count} of {@code sound} follow what came before. */
    public void add(short[] sound, int count) {
        for (int done = 0; done < count; ) {
            int some = Math.min(count - done, HOP - sinceWindow);
            System.arraycopy(last, some, last, 0, SAMPLES - some);
            System.arraycopy(sound, done, last, SAMPLES - some, some);
            done += some;
            known = Math.min(known + some, SAMPLES);
            sinceWindow += some;
            if (sinceWindow == HOP) {
                sinceWindow = 0;
                if (known == SAMPLES) {
                    windows.accept(last.clone());
                }
            }
        }
    }
}
