package dev.approxlite.engine;

import dev.approxlite.policy.Policy;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.policy.PolicyException.Reason;
import dev.approxlite.policy.Sha256;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Inputs made from a seed, alike on every machine, and what a rung answers to them: a fingerprint of its bits. */
public final class Probes {
    /** So many inputs make one probe. */
    static final int INPUTS = 2;

    private Probes() {}

    /**
     * Refuses with {@link Reason#WRONG_PROBES} where a rung's outputs are not the recorded ones, bit for bit.
     *
     * @param engine with the policy's ladder
     * @throws EngineException if a rung cannot be run
     */
    public static void check(Policy policy, Engine engine) throws PolicyException, EngineException {
        for (Policy.Probe probe : policy.probes()) {
            byte[] inputs = inputs(engine.inputType(), engine.inputBytes(), probe.seed());
            if (!Sha256.of(inputs).equals(probe.inputsSha256()) || !outputs(engine, probe.rung(),
                    inputs).equals(probe.outputsSha256())) {
                throw new PolicyException(
                        Reason.WRONG_PROBES,
                        "rung " + probe.rung() + " (" + policy.ladder().get(probe.rung()).configuration()
                                + ") computes other bits here than where the policy was made; tune and certify on this device");
            }
        }
    }

    /** {@link #INPUTS} inputs, one behind the other: floats uniform in [-1, 1), or bytes uniform over all values. */
    static byte[] inputs(Engine.ElementType type, int inputBytes, long seed) {
        ByteBuffer bytes = ByteBuffer.allocate(INPUTS * inputBytes).order(ByteOrder.LITTLE_ENDIAN);
        for (long state = seed; bytes.hasRemaining(); ) {
            state += 0x9E3779B97F4A7C15L;
            long random = splitMix(state);
            if (type == Engine.ElementType.FLOAT32) {
                bytes.putFloat((random >>> 40) / (float) (1 << 23) - 1);
            } else {
                bytes.put((byte) random);
            }
        }
        return bytes.array();
    }

    private static String outputs(Engine engine, int rung, byte[] inputs) throws EngineException {
        ByteBuffer input = ByteBuffer.allocateDirect(engine.inputBytes()).order(ByteOrder.nativeOrder());
        ByteBuffer output = ByteBuffer.allocateDirect(engine.outputBytes()).order(ByteOrder.nativeOrder());
        byte[] outputs = new byte[INPUTS * engine.outputBytes()];
        for (int i = 0; i < INPUTS; ++i) {
            input.duplicate().put(inputs, i * engine.inputBytes(), engine.inputBytes());
            engine.run(rung, input, output);
            output.duplicate().get(outputs, i * engine.outputBytes(), engine.outputBytes());
        }
        return Sha256.of(outputs);
    }

    /** SplitMix64 (Steele, Lea and Flood 2014). */
    private static long splitMix(long state) {
        long mixed = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
