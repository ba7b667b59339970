package dev.approxlite.engine;

/**
 * What engines compute with.
 *
 * @param numericsVersion which bits they give; a policy holds for one version
 * @param variant instruction sets that they use, such as "neon_dotprod"
 */
public record Kernels(int numericsVersion, String variant) {}
