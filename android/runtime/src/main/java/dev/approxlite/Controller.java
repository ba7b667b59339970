package dev.approxlite;

import dev.approxlite.context.InputContext;
import dev.approxlite.policy.Candidate;
import dev.approxlite.policy.Estimate;
import dev.approxlite.policy.LadderRung;
import dev.approxlite.policy.Policy;
import dev.approxlite.policy.Rule;
import java.time.LocalTime;
import java.util.List;

/** The step machine of controller.h for one policy. Belongs to one thread at a time. */
final class Controller implements AutoCloseable {
    private final Step step = new Step();
    private long session;

    /**
     * What the policy says.
     *
     * @param guard address of a guard that outlives this; 0: nothing is checked
     * @param outputCount most entries of an output
     * @param now time of day, for a battery target
     */
    Controller(Policy policy, long guard, int outputCount, LocalTime now) {
        List<LadderRung> ladder = policy.ladder();
        float[] rungs = new float[3 * ladder.size()];
        int[][] classMaps = new int[ladder.size()][];
        for (int i = 0; i < ladder.size(); ++i) {
            LadderRung rung = ladder.get(i);
            rungs[3 * i] = value(rung.costMs());
            rungs[3 * i + 1] = value(rung.slowMs());
            rungs[3 * i + 2] = value(rung.energyMj());
            classMaps[i] = policy.classMaps().isEmpty() ? null : policy.classMaps().get(rung.model());
        }
        List<Candidate> candidates = policy.candidates();
        int stages = candidates.stream().mapToInt(each -> each.stages().size()).sum();
        int[] counts = new int[candidates.size()];
        int[] stageRungs = new int[stages];
        float[] thresholds = new float[stages];
        float[] facts = new float[2 * candidates.size()];
        for (int i = 0, at = 0; i < candidates.size(); ++i) {
            Candidate candidate = candidates.get(i);
            counts[i] = candidate.stages().size();
            facts[2 * i] = value(candidate.energyMj());
            facts[2 * i + 1] = candidate.reuseChange();
            for (Candidate.Stage stage : candidate.stages()) {
                stageRungs[at] = stage.rung();
                thresholds[at++] = Float.isNaN(stage.threshold()) ? 0 : stage.threshold();
            }
        }
        Rule rule = policy.rule();
        Rule.BatteryTarget battery = rule.battery();
        float[] table = flat(rule.confidenceTable());
        int[] whole = {
            policy.certified(),
            policy.exactRung(),
            rule.confidence().ordinal(),
            policy.agreement().loss().ordinal(),
            policy.agreement().classes(),
            rule.kind().ordinal(),
            rule.candidate(),
            rule.growth(),
            rule.asPublished() ? 1 : 0,
            table == null ? 0 : rule.confidenceTable()[0].length,
            outputCount
        };
        float[] real = {
            policy.agreement().tolerance(),
            rule.energyJPerHour(),
            battery == null ? Float.NaN : battery.charge(),
            battery == null ? Float.NaN : battery.capacityJ(),
            Float.isNaN(rule.idleW()) ? 0 : rule.idleW(),
            rule.deadlineMs(),
            rule.headroomLimit()
        };
        double target = battery == null
                ? Double.NaN
                : NativeEngine.clock() + secondsUntil(battery.minuteOfDay(), now);
        session = NativeController.create(
                rungs, classMaps, counts, stageRungs, thresholds, facts, whole, real, target, table, guard);
        if (session == 0) {
            throw new IllegalArgumentException("a " + rule.kind() + " rule over " + candidates.size() + " candidates and "
                    + ladder.size() + " rungs cannot be followed: a rung, threshold or measurement is missing or out of"
                    + " range");
        }
    }

    /** From a time of day to the next one of that minute. */
    static double secondsUntil(int minuteOfDay, LocalTime now) {
        double day = 24 * 3600;
        double seconds = minuteOfDay * 60 - now.toNanoOfDay() * 1e-9;
        return seconds > 0 ? seconds : seconds + day;
    }

    private static float value(Estimate estimate) {
        return estimate == null ? Float.NaN : (float) estimate.value();
    }

    /** [candidate][class][2], one behind the other. */
    private static float[] flat(float[][][] table) {
        if (table == null) {
            return null;
        }
        float[] flat = new float[table.length * table[0].length * 2];
        int at = 0;
        for (float[][] classes : table) {
            for (float[] pair : classes) {
                flat[at++] = pair[0];
                flat[at++] = pair[1];
            }
        }
        return flat;
    }

    /** RUN or REUSE for a new input. */
    Step begin(InputContext known) {
        return read(NativeController.begin(
                session,
                known.timeS(),
                known.inputChange(),
                known.deadlineMs(),
                known.battery(),
                known.charging(),
                known.thermalHeadroom(),
                step.words));
    }

    /** Takes the first {@code count} entries, of the rung that was asked for. RUN or ACCEPT. */
    Step observe(float[] output, int count, float latencyMs) {
        return read(NativeController.observe(session, output, count, latencyMs, Float.NaN, step.words));
    }

    /** After an answer: CHECK or DONE. */
    Step finish() {
        return read(NativeController.finish(session, step.words));
    }

    /** Takes exact's output for the input just answered. */
    Step check(float[] output, int count, float latencyMs) {
        return read(NativeController.check(session, output, count, latencyMs, Float.NaN, step.words));
    }

    /** From the next input on always this rung, unless the guard is latched; negative: the rule. */
    void pin(int rung) {
        if (NativeController.pin(session, rung) != 0) {
            throw new IllegalArgumentException("the ladder has no rung " + rung);
        }
    }

    private Step read(int status) {
        if (status != 0) {
            throw new IllegalStateException("the controller did not ask for that now, or the output does not fit exact's");
        }
        return step;
    }

    @Override
    public void close() {
        NativeController.destroy(session);
        session = 0;
    }
}
