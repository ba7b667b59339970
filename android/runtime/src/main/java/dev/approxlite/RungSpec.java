package dev.approxlite;

import dev.approxlite.policy.LadderRung;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;

/**
 * A rung as the engine takes it: a configuration and what was calibrated for it. Without a scale, an operator set to
 * {@code int8} takes its grid from each input. Without weights, {@code inputs} and {@code rank} run on placeholders of
 * the same cost.
 *
 * @param configuration which knob each operator is set to, e.g. {@code conv_2d_3=int8+rows:1/2}, {@code all=int8} or
 *     {@code exact}
 * @param scales 8-bit grids by operator id
 * @param weights a safetensors file in a direct buffer, such as one that is mapped; not to be changed while a ladder
 *     uses it; null: none
 * @param name what the rung's own weights are filed under; "" for those that rungs share
 */
public record RungSpec(
        String configuration, Map<String, LadderRung.Scale> scales, ByteBuffer weights, String name) {
    /** Refuses null, but for {@code weights}. */
    public RungSpec {
        Objects.requireNonNull(configuration);
        Objects.requireNonNull(name);
        scales = Map.copyOf(scales);
    }

    /** A configuration alone. */
    public static RungSpec of(String configuration) {
        return new RungSpec(configuration, Map.of(), null, "");
    }
}
