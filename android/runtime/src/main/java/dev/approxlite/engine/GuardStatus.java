package dev.approxlite.engine;

/**
 * What a guard knows; guard.h says what each number is.
 *
 * @param alarm {@code approx_alarm}, 0 for none
 * @param answers given since the certificate, but for those of exact alone
 * @param canaries checked of them
 * @param disagreements of them
 * @param disagreementShare of all answers, weighted by how likely each was to be checked; NaN: unknown
 * @param eValue evidence against the promise
 * @param state 512 bytes to keep; empty where nothing guards
 */
public record GuardStatus(
        int alarm,
        long answers,
        long canaries,
        long disagreements,
        double disagreementShare,
        double eValue,
        byte[] state) {
    /** Of a policy without a guard. */
    public static final GuardStatus NONE = new GuardStatus(0, 0, 0, 0, Double.NaN, 0, new byte[0]);
}
