package dev.approxlite.engine;

/**
 * What came of checking an answer against exact.
 *
 * @param agrees whether the answer counts as exact's
 * @param loss how far it was off
 * @param alarm {@code approx_alarm} that the guard is latched for afterwards, 0 for none
 */
public record Check(boolean agrees, float loss, int alarm) {}
