package dev.approxlite.policy;

import java.util.Arrays;
import java.util.Random;

/** Bytes that were damaged the way storage, cables and people damage them. */
public final class Mutants {
    private static final byte[] LIKELY = "0123456789-+.eE\"{}[]:,\\ntf\u0000".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);

    private Mutants() {}

    public static byte[] of(byte[] good, Random random) {
        byte[] mutant = good.clone();
        switch (random.nextInt(4)) {
            case 0:
                return Arrays.copyOf(mutant, random.nextInt(mutant.length));
            case 1: {
                int from = random.nextInt(mutant.length);
                int to = random.nextInt(mutant.length);
                int size = random.nextInt(Math.min(64, mutant.length - Math.max(from, to)) + 1);
                System.arraycopy(good, from, mutant, to, size);
                return mutant;
            }
            case 2:
                for (int i = random.nextInt(8); i >= 0; --i) {
                    mutant[random.nextInt(mutant.length)] = LIKELY[random.nextInt(LIKELY.length)];
                }
                return mutant;
            default:
                for (int i = random.nextInt(8); i >= 0; --i) {
                    mutant[random.nextInt(mutant.length)] ^= 1 << random.nextInt(8);
                }
                return mutant;
        }
    }
}
