package dev.approxlite.demo.live;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.Engine;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.Engines;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.engine.PhoneAdmission;
import dev.approxlite.policy.Policy;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.storage.DurableFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;

/**
 * A policy that follows live inputs, with what a person wants to see of it. The guard's state outlives the app. Belongs
 * to one thread.
 */
public final class LiveModel implements Closeable {
    private final Policy policy;
    private final Engine engine;
    private final Path guardState;
    private final Savings savings;
    private final ByteBuffer input;
    private final ByteBuffer output;

    /**
     * Takes a policy up if it holds here: made for models, kernels and a kind of phone that are here.
     *
     * @param trial of the policy before it is followed
     * @param models that are here
     * @param guardState file of what the guard knows; it need not exist yet
     * @throws PolicyException with the reason, if the policy does not hold here
     * @throws EngineException if a rung cannot be run
     * @throws IOException if the guard's state cannot be read
     */
    public LiveModel(
            Engines engines,
            PhoneAdmission.Trial trial,
            PolicyArchive archive,
            PhoneAdmission.Models models,
            Path guardState)
            throws PolicyException, EngineException, IOException {
        policy = archive.policy();
        this.guardState = guardState;
        new PhoneAdmission(models, engines.numericsVersion(), null, Clock.systemUTC(), trial).admit(archive);
        byte[] saved = Files.exists(guardState) ? Files.readAllBytes(guardState) : null;
        engine = engines.open(archive, PhoneAdmission.modelsOf(policy, models), saved);
        savings = new Savings(policy);
        input = ByteBuffer.allocateDirect(engine.inputBytes()).order(ByteOrder.nativeOrder());
        output = ByteBuffer.allocateDirect(engine.outputBytes()).order(ByteOrder.nativeOrder());
    }

    /** What it follows. */
    public Policy policy() {
        return policy;
    }

    /** From the next input on. A latched guard outranks it. */
    public void pin(Pin pin) {
        engine.pin(pin.rung());
    }

    /**
     * Answers one input, and makes the check that is due.
     *
     * @param values as many as the model takes
     * @throws EngineException if no rung can be run
     */
    public Reading observe(float[] values, InputContext context) throws EngineException {
        input.asFloatBuffer().put(values);
        Answer answer = engine.answer(input, output, context);
        Check check = engine.finish();
        savings.add(answer, check != null);
        int label = 0;
        for (int i = 1; i < output.capacity() / Float.BYTES; ++i) {
            label = output.getFloat(i * Float.BYTES) > output.getFloat(label * Float.BYTES) ? i : label;
        }
        GuardStatus guard = engine.guard();
        return new Reading(
                label,
                output.getFloat(label * Float.BYTES),
                answer.rung(),
                policy.ladder().get(answer.rung()).configuration(),
                answer.chosen(),
                answer.reason(),
                answer.latencyNs() / 1e6,
                savings.share(),
                savings.unit(),
                guard.answers(),
                guard.canaries(),
                guard.disagreements(),
                guard.alarm());
    }

    /**
     * Keeps what the guard knows, for the next start.
     *
     * @throws IOException if it cannot be written; what was kept before stays
     */
    public void keep() throws IOException {
        byte[] state = engine.guard().state();
        if (state.length != 0) {
            DurableFile.replace(guardState, state);
        }
    }

    @Override
    public void close() {
        engine.close();
    }
}
