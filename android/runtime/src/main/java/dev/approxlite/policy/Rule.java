package dev.approxlite.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Who picks the candidate for an input; {@code approx_rule} in controller.h says what each kind does exactly.
 *
 * @param kind see {@link Kind}
 * @param confidence how sure an output is of its largest entry
 * @param candidate where to stay, or to start
 * @param growth of the steps of Mobiprox's engines, 1 or 2
 * @param asPublished whether those keep the faults of the published code
 * @param confidenceTable by candidate and class, mean confidence when wrong and when right, NaN where unknown; null
 * @param energyJPerHour of the whole device; NaN: none
 * @param battery charge to be left at a time of day; null: none
 * @param idleW what the device draws between inferences; NaN: unknown
 * @param deadlineMs of inputs that bring none along; NaN: none
 * @param headroomLimit thermal headroom to stay below; NaN: none
 */
public record Rule(
        Kind kind,
        Confidence confidence,
        int candidate,
        int growth,
        boolean asPublished,
        float[][][] confidenceTable,
        float energyJPerHour,
        BatteryTarget battery,
        float idleW,
        float deadlineMs,
        float headroomLimit) {
    /** In the order of {@code approx_rule}. */
    public enum Kind {
        /** Always the same candidate. */
        FIXED,
        /** Mobiprox: answer as before: onward, else back by half. */
        NAIVE,
        /** Mobiprox: votes of the last three answers. */
        STATE,
        /** Mobiprox: a Kalman estimate of answers staying the same. */
        KALMAN,
        /** Mobiprox: thresholds of confidence, per class. */
        CONFIDENCE,
        /** The most cautious candidate, or mixture of two, that the energy budget affords. */
        BUDGET,
        /** The most cautious candidate that is done in time. */
        DEADLINE,
        /** Cheaper as thermal headroom runs out, dearer as it comes back. */
        THERMAL,
        /** A candidate made cheaper by budget, heat and deadline. */
        AUTO
    }

    /** In the order of {@code approx_confidence}. */
    public enum Confidence {
        /** The largest entry over the second largest, for probabilities. */
        TOP_TWO_RATIO,
        /** The largest entry less the second largest, for everything else. */
        TOP_TWO_DIFFERENCE
    }

    /**
     * Charge to be left at the next time of day.
     *
     * @param charge 0 to 1
     * @param minuteOfDay local time, 0 to 1439
     * @param capacityJ of a full battery
     */
    public record BatteryTarget(float charge, int minuteOfDay, float capacityJ) {
        private static final Pattern TIME = Pattern.compile("([01][0-9]|2[0-3]):[0-5][0-9]");

        static BatteryTarget read(Fields fields) throws PolicyException {
            String until = fields.text("until");
            if (!TIME.matcher(until).matches()) {
                throw fields.invalid("until", "should be a time of day such as 22:30");
            }
            int minute = Integer.parseInt(until.substring(0, 2)) * 60 + Integer.parseInt(until.substring(3));
            return new BatteryTarget(
                    (float) fields.number("charge", 0, 1),
                    minute,
                    (float) fields.number("capacity_j", Float.MIN_VALUE, Float.MAX_VALUE));
        }
    }

    private static final int MAX_CLASSES = 1024;
    private static final Set<String> ENGINE = Set.of("growth");
    private static final Set<String> BUDGETS = Set.of("energy_j_per_hour", "battery", "idle_w");
    private static final Map<Kind, Set<String>> PARAMETERS = Map.of(
            Kind.FIXED, Set.of(),
            Kind.NAIVE, Set.of("growth", "as_published"),
            Kind.STATE, ENGINE,
            Kind.KALMAN, ENGINE,
            Kind.CONFIDENCE, Set.of("growth", "as_published", "confidence_table"),
            Kind.BUDGET, BUDGETS,
            Kind.DEADLINE, Set.of("deadline_ms"),
            Kind.THERMAL, Set.of("headroom_limit"),
            Kind.AUTO, Set.of("energy_j_per_hour", "battery", "idle_w", "deadline_ms", "headroom_limit"));

    /** Whether there is an energy budget to keep. */
    public boolean hasBudget() {
        return !Float.isNaN(energyJPerHour) || battery != null;
    }

    static Rule read(Fields fields, int candidates) throws PolicyException {
        Rule rule = new Rule(
                fields.choice("kind", Kind.class),
                fields.choice("confidence", Confidence.class),
                (int) fields.integer("candidate", 0, candidates - 1L, 0),
                (int) fields.integer("growth", 1, 2, 1),
                fields.flag("as_published", false),
                fields.has("confidence_table") ? table(fields, candidates) : noTable(fields),
                positive(fields, "energy_j_per_hour"),
                fields.objectOrNull("battery", BatteryTarget::read),
                fields.floatOr("idle_w", 0, Float.MAX_VALUE, Float.NaN),
                positive(fields, "deadline_ms"),
                positive(fields, "headroom_limit"));
        rule.check(fields);
        return rule;
    }

    private void check(Fields fields) throws PolicyException {
        Set<String> own = PARAMETERS.get(kind);
        for (String name : given()) {
            if (!own.contains(name)) {
                throw fields.invalid(name, "a " + kind.name().toLowerCase(Locale.ROOT) + " rule has none");
            }
        }
        if (kind == Kind.CONFIDENCE && confidenceTable == null) {
            throw fields.invalid("confidence_table", "a confidence rule needs it");
        }
        if (kind == Kind.BUDGET && !hasBudget()) {
            throw fields.invalid("energy_j_per_hour", "a budget rule needs it, or battery");
        }
        if (hasBudget() && Float.isNaN(idleW)) {
            throw fields.invalid("idle_w", "a budget is of the whole device and needs it");
        }
        if (kind == Kind.THERMAL && Float.isNaN(headroomLimit)) {
            throw fields.invalid("headroom_limit", "a thermal rule needs it");
        }
    }

    /** Parameters that say something else than their default. */
    private List<String> given() {
        List<String> given = new ArrayList<>();
        addIf(given, growth != 1, "growth");
        addIf(given, asPublished, "as_published");
        addIf(given, confidenceTable != null, "confidence_table");
        addIf(given, !Float.isNaN(energyJPerHour), "energy_j_per_hour");
        addIf(given, battery != null, "battery");
        addIf(given, !Float.isNaN(idleW), "idle_w");
        addIf(given, !Float.isNaN(deadlineMs), "deadline_ms");
        addIf(given, !Float.isNaN(headroomLimit), "headroom_limit");
        return given;
    }

    private static void addIf(List<String> names, boolean given, String name) {
        if (given) {
            names.add(name);
        }
    }

    private static float positive(Fields fields, String name) throws PolicyException {
        return fields.floatOr(name, Float.MIN_VALUE, Float.MAX_VALUE, Float.NaN);
    }

    private static float[][][] noTable(Fields fields) throws PolicyException {
        fields.objectOrNull("confidence_table", each -> null);
        return null;
    }

    private static float[][][] table(Fields fields, int candidates) throws PolicyException {
        List<Object> rows = fields.array("confidence_table", candidates, candidates);
        float[][][] table = new float[rows.size()][][];
        for (int i = 0; i < table.length; ++i) {
            List<?> classes = list(fields, rows.get(i), 1, MAX_CLASSES);
            table[i] = new float[classes.size()][];
            for (int c = 0; c < table[i].length; ++c) {
                List<?> pair = list(fields, classes.get(c), 2, 2);
                table[i][c] = new float[] {mean(fields, pair.get(0)), mean(fields, pair.get(1))};
            }
            if (table[i].length != table[0].length) {
                throw fields.invalid("confidence_table", "has the same classes for each candidate");
            }
        }
        return table;
    }

    private static List<?> list(Fields fields, Object value, int least, int most) throws PolicyException {
        if (!(value instanceof List) || ((List<?>) value).size() < least || ((List<?>) value).size() > most) {
            throw fields.invalid("confidence_table", "should be [candidate][class][wrong, right]");
        }
        return (List<?>) value;
    }

    private static float mean(Fields fields, Object value) throws PolicyException {
        if (value == null) {
            return Float.NaN;
        }
        if (!(value instanceof StrictJson.Number)) {
            throw fields.invalid("confidence_table", "should hold numbers");
        }
        float mean = Float.parseFloat(((StrictJson.Number) value).text);
        if (Float.isInfinite(mean)) {
            throw fields.invalid("confidence_table", "should hold finite numbers");
        }
        return mean;
    }
}
