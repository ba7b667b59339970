package dev.approxlite.context;

/**
 * What is known when an input arrives: {@code approx_context} of controller.h, field for field.
 *
 * @param timeS of a clock that never goes back, sleep included; NaN: the engine fills it in
 * @param inputChange distance of this input from the last one that really ran, at least 0; NaN: unknown
 * @param deadlineMs left for this input; NaN: none but the policy's
 * @param battery charge, 0 to 1; NaN: unknown
 * @param charging 1: energy budgets do not count; 0: they do; -1: unknown, which means they do
 * @param thermalHeadroom as Android gives it: 1.0 is severe; NaN: unknown
 */
public record InputContext(
        double timeS, float inputChange, float deadlineMs, float battery, int charging, float thermalHeadroom) {
    /** Nothing is known. */
    public static final InputContext UNKNOWN =
            new InputContext(Double.NaN, Float.NaN, Float.NaN, Float.NaN, -1, Float.NaN);
}
