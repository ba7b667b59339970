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
        for (SplitMix64 random = new SplitMix64(seed); bytes.hasRemaining(); ) {
            if (type == Engine.ElementType.FLOAT32) {
                bytes.putFloat(random.nextFloat());
            } else {
                bytes.put((byte) random.next());
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
}
