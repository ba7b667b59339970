package dev.approxlite.policy;

import java.util.List;

/**
 * How a policy is guarded while it runs; guard.h says what each number does.
 *
 * @param alpha probability of a false alarm, ever
 * @param canaryRate share of answers that are checked on average
 * @param unsure answers with a confidence below are checked more often
 * @param unsureFactor so many times
 * @param unsureShare share of answers that they were in calibration
 * @param ranges of outputs by rung, null where unknown
 * @param constantLimit equal outputs in a row, with inputs that change, that are an alarm
 * @param stillChange an input change up to which an input is still
 * @param outOfRangeLimit outputs in a row far out of range that are an alarm
 */
public record GuardSettings(
        float alpha,
        float canaryRate,
        float unsure,
        float unsureFactor,
        float unsureShare,
        List<OutputRange> ranges,
        int constantLimit,
        float stillChange,
        int outOfRangeLimit) {
    /**
     * What calibration saw of one rung's outputs.
     *
     * @param low of all entries
     * @param high of all entries
     * @param zerosSeen whether outputs whose every entry is zero are normal
     */
    public record OutputRange(float low, float high, boolean zerosSeen) {
        static OutputRange read(Fields fields) throws PolicyException {
            OutputRange read = new OutputRange(
                    (float) fields.number("low", -Float.MAX_VALUE, Float.MAX_VALUE),
                    (float) fields.number("high", -Float.MAX_VALUE, Float.MAX_VALUE),
                    fields.flag("zeros_seen", false));
            if (read.low > read.high) {
                throw fields.invalid("low", "is above high");
            }
            return read;
        }
    }

    static GuardSettings read(Fields fields) throws PolicyException {
        return new GuardSettings(
                (float) fields.number("alpha", Float.MIN_VALUE, Math.nextDown(1f), 0.01),
                (float) fields.number("canary_rate", 0, 1, 0.02),
                (float) fields.number("unsure", -Float.MAX_VALUE, Float.MAX_VALUE, 0),
                (float) fields.number("unsure_factor", 1, 1e6, 1),
                (float) fields.number("unsure_share", 0, 1, 0),
                fields.objects("ranges", 0, Policy.MAX_RUNGS, OutputRange::read),
                (int) fields.integer("constant_limit", 2, Integer.MAX_VALUE, 8),
                (float) fields.number("still_change", 0, Float.MAX_VALUE, 0),
                (int) fields.integer("out_of_range_limit", 1, Integer.MAX_VALUE, 3));
    }
}
