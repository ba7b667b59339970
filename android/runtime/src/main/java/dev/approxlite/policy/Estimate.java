package dev.approxlite.policy;

import dev.approxlite.policy.PolicyException.Reason;

/**
 * A measured number with its two-sided confidence interval.
 *
 * @param value what was measured
 * @param low lower end of the interval, at most {@code high}
 * @param high upper end of the interval
 * @param samples how many measurements it rests on, at least 1
 * @param confidence of the interval, between 0 and 1
 */
public record Estimate(double value, double low, double high, long samples, double confidence) {
    static Estimate read(Fields fields) throws PolicyException {
        Estimate read = new Estimate(
                fields.number("value", -Double.MAX_VALUE, Double.MAX_VALUE),
                fields.number("low", -Double.MAX_VALUE, Double.MAX_VALUE),
                fields.number("high", -Double.MAX_VALUE, Double.MAX_VALUE),
                fields.integer("samples", 1, Long.MAX_VALUE / 10),
                fields.number("confidence", Double.MIN_VALUE, Math.nextDown(1.0), 0.95));
        if (read.low > read.high) {
            throw new PolicyException(Reason.INVALID, "an interval from " + read.low + " to " + read.high);
        }
        return read;
    }
}
