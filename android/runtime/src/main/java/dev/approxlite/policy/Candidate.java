package dev.approxlite.policy;

import java.util.List;

/**
 * One way of answering an input: stages that certification may settle on.
 *
 * @param stages rungs to run in turn until one is sure enough
 * @param cost mean share of stock LiteRT float time, escalations included
 * @param disagreement with exact, on the samples that tuning looked at
 * @param energyMj of one input, escalations included; null if nobody measured it
 * @param reuseChange an input that changed less than this since the last one that ran is given the answer before;
 *     negative: never
 */
public record Candidate(
        List<Stage> stages, Estimate cost, Estimate disagreement, Estimate energyMj, float reuseChange) {
    /** A {@link #reuseChange} that no input is below. */
    static final float NEVER = -1;

    /**
     * Run {@code rung}; a confidence of at least {@code threshold} accepts the answer.
     *
     * @param rung index into the ladder
     * @param threshold NaN on the last stage, which accepts all
     */
    public record Stage(int rung, float threshold) {
        static Stage read(Fields fields, int rungs) throws PolicyException {
            return new Stage(
                    fields.index("rung", rungs),
                    fields.floatOr("threshold", -Float.MAX_VALUE, Float.MAX_VALUE, Float.NaN));
        }
    }

    static Candidate read(Fields fields, int rungs) throws PolicyException {
        List<Stage> stages = fields.objects("stages", 1, Policy.MAX_RUNGS, each -> Stage.read(each, rungs));
        boolean[] used = new boolean[rungs];
        for (int i = 0; i < stages.size(); ++i) {
            Stage stage = stages.get(i);
            if (stage == null || used[stage.rung]) {
                throw fields.invalid("stages", "two stages run the same rung, or one is nothing");
            }
            used[stage.rung] = true;
            if (Float.isNaN(stage.threshold) != (i == stages.size() - 1)) {
                throw fields.invalid("stages", "every stage but the last needs a threshold, and the last has none");
            }
        }
        return new Candidate(
                stages,
                fields.object("cost", Estimate::read),
                fields.object("disagreement", Estimate::read),
                fields.objectOrNull("energy_mj", Estimate::read),
                fields.floatOr("reuse_change", 0, Float.MAX_VALUE, NEVER));
    }
}
