package dev.approxlite;

/** What to do next, why, and on what evidence: {@code approx_step}, filled anew by each call of the controller. */
final class Step {
    static final int RUN = 0;
    static final int ACCEPT = 1;
    static final int REUSE = 2;
    static final int CHECK = 3;
    /** {@code approx_reason}: the checked answer is exact's. */
    static final int AGREES = 18;

    final int[] words = new int[5];

    int action() {
        return words[0];
    }

    int rung() {
        return words[1];
    }

    int reason() {
        return words[2];
    }

    float evidence() {
        return Float.intBitsToFloat(words[3]);
    }

    int candidate() {
        return words[4];
    }
}
