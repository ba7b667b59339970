package dev.approxlite;

import java.util.List;

/**
 * One operator that our engine runs.
 *
 * @param id {@code <type>_<index in the model's operator list>}, e.g. {@code conv_2d_7}
 * @param knobs that it has, "exact" first
 * @param multiplyAccumulates per inference, exact
 */
public record Operator(String id, List<String> knobs, long multiplyAccumulates) {}
