package dev.approxlite.engine;

/** Numbers from a seed, alike on every machine (Steele, Lea and Flood 2014). Belongs to one thread at a time. */
public final class SplitMix64 {
    private long state;

    /** seed: any number, taken as unsigned. */
    public SplitMix64(long seed) {
        state = seed;
    }

    /** 64 uniform bits. */
    public long next() {
        state += 0x9E3779B97F4A7C15L;
        long mixed = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }

    /** Uniform in [-1, 1), of the 24 bits that a float holds. */
    public float nextFloat() {
        return (next() >>> 40) / (float) (1 << 23) - 1;
    }
}
