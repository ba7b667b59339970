package dev.approxlite.policy;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * One rung of a ladder: a model of the policy and a configuration of it.
 *
 * @param model index of the model
 * @param configuration which knob each operator is set to, canonical text
 * @param cost share of stock LiteRT float time; of several models the last one's
 * @param costMs median latency on the policy's kind of device; null if nobody measured it there
 * @param slowMs 99th percentile of the latency; null if nobody measured it there
 * @param energyMj of one inference; null if nobody measured it there
 * @param scales 8-bit grids by operator id
 * @param name what the rung's own weights are filed under in rungs.bin; "" for those that rungs share
 * @param input how the model's input is made of the last model's; null: the same numbers
 */
public record LadderRung(
        int model,
        String configuration,
        Estimate cost,
        Estimate costMs,
        Estimate slowMs,
        Estimate energyMj,
        Map<String, Scale> scales,
        String name,
        InputForm input) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{0,32}");

    /**
     * An 8-bit grid: real = scale * (quantised - zeroPoint), quantised in 0..255.
     *
     * @param scale positive
     * @param zeroPoint 0..255
     */
    public record Scale(float scale, int zeroPoint) {
        static Scale read(Fields fields) throws PolicyException {
            return new Scale(
                    (float) fields.number("scale", Float.MIN_VALUE, Float.MAX_VALUE),
                    (int) fields.integer("zero_point", 0, 255));
        }
    }

    /**
     * Input = multiply * the last model's + add, one number or one per entry of the last axis.
     *
     * @param multiply 1 to 4096 numbers
     * @param add 1 to 4096 numbers
     */
    public record InputForm(double[] multiply, double[] add) {
        static final int MAX_NUMBERS = 4096;

        static InputForm read(Fields fields) throws PolicyException {
            double[] multiply = fields.has("multiply") ? fields.numbers("multiply", 1, MAX_NUMBERS) : new double[] {1};
            double[] add = fields.has("add") ? fields.numbers("add", 1, MAX_NUMBERS) : new double[] {0};
            return new InputForm(multiply, add);
        }
    }

    static LadderRung read(Fields fields, int models) throws PolicyException {
        int model = (int) fields.integer("model", 0, models - 1, 0);
        String text = fields.text("configuration");
        String canonical = Configuration.canonical(text);
        if (!canonical.equals(text)) {
            throw fields.invalid("configuration", "should be '" + canonical + "'");
        }
        String name = fields.text("name", "");
        if (!NAME.matcher(name).matches()) {
            throw fields.invalid("name", "should be at most 32 letters, digits, dots, dashes and underscores");
        }
        Map<String, Scale> scales = new LinkedHashMap<>();
        for (Map.Entry<String, Object> each : fields.map("scales").entrySet()) {
            scales.put(each.getKey(), Fields.read(each.getValue(), "scales." + each.getKey(), Scale::read));
        }
        return new LadderRung(
                model,
                text,
                fields.object("cost", Estimate::read),
                fields.objectOrNull("cost_ms", Estimate::read),
                fields.objectOrNull("slow_ms", Estimate::read),
                fields.objectOrNull("energy_mj", Estimate::read),
                Collections.unmodifiableMap(scales),
                name,
                fields.objectOrNull("input", InputForm::read));
    }
}
