package dev.approxlite;

/** controller.h, function for function; handles are addresses, and 0 is none. Steps are filled as {@link Step} reads. */
final class NativeController {
    private NativeController() {}

    /**
     * 0 where an option is out of its range.
     *
     * @param rungFacts cost_ms, slow_ms, energy_mj of each rung
     * @param classMaps of each rung, null where classes are the same
     * @param stageCounts of each candidate, of the stages that follow one after the other
     * @param candidateFacts energy_mj, reuse_change of each
     * @param whole certified, exact_rung, confidence, loss, classes, rule, candidate, growth, as_published, class_count,
     *     output_count
     * @param real tolerance, energy_j_per_hour, battery_target, battery_capacity_j, idle_w, deadline_ms, headroom_limit
     */
    static native long create(
            float[] rungFacts,
            int[][] classMaps,
            int[] stageCounts,
            int[] stageRungs,
            float[] stageThresholds,
            float[] candidateFacts,
            int[] whole,
            float[] real,
            double batteryTargetTimeS,
            float[] confidenceTable,
            long guard);

    static native void destroy(long session);

    static native int pin(long session, int rung);

    static native int begin(
            long session,
            double timeS,
            float inputChange,
            float deadlineMs,
            float battery,
            int charging,
            float thermalHeadroom,
            int[] step);

    static native int observe(long session, float[] output, int count, float latencyMs, float energyMj, int[] step);

    static native int finish(long session, int[] step);

    static native int check(long session, float[] output, int count, float latencyMs, float energyMj, int[] step);
}
