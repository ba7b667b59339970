package dev.approxlite;

import java.io.File;

/**
 * Calibrated weights: a safetensors file, or a part of a file that holds one, such as rungs.bin in a policy.
 *
 * @param file mapped into memory while a ladder uses it
 * @param offset where the weights begin
 * @param bytes how many there are; 0: to the end of the file
 */
public record WeightsFile(File file, long offset, long bytes) {
    /** Refuses a part that no file has. */
    public WeightsFile {
        if (file == null || offset < 0 || bytes < 0) {
            throw new IllegalArgumentException("weights at " + offset + ", " + bytes + " bytes of " + file);
        }
    }

    /** The whole file. */
    public static WeightsFile of(File file) {
        return new WeightsFile(file, 0, 0);
    }
}
