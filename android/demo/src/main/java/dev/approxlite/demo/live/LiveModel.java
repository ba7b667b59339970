package dev.approxlite.demo.live;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.Engines;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.engine.PhoneAdmission;
import dev.approxlite.policy.Policy;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.service.client.FallbackSession;
import dev.approxlite.service.client.Remote;
import dev.approxlite.service.queue.ServiceException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Clock;
import java.util.List;

/**
 * A task's live inputs, answered by the service where that can, else here by the app's own policy, with what a person
 * wants to see of it. Belongs to one thread.
 */
public final class LiveModel implements Closeable {
    /** Makes the engine of this process; its probes are checked when it opens. */
    public interface Own {
        /** The app's own, for the policy and its models' contents. */
        FallbackSession.Local of(PolicyArchive archive, List<ByteBuffer> models) throws IOException;
    }

    private final Policy policy;
    private final FallbackSession session;
    private final Savings savings = new Savings();
    private final ByteBuffer output;
    private ByteBuffer input;

    /**
     * Takes a policy up if it holds here: made for models, kernels and a kind of phone that are here.
     *
     * @param models that are here
     * @param classes that the model tells apart
     * @param remote the service; null: none. Closed with this
     * @throws PolicyException with the reason, if the policy does not hold here
     * @throws IOException if the guard's state cannot be kept
     */
    public LiveModel(
            Engines engines, PolicyArchive archive, PhoneAdmission.Models models, Own own, int classes, Remote remote)
            throws PolicyException, IOException {
        policy = archive.policy();
        PhoneAdmission.Trial trial = (candidate, contents) -> {}; // it is tried where it is opened
        new PhoneAdmission(models, engines.kernels().numericsVersion(), null, Clock.systemUTC(), trial).admit(archive);
        FallbackSession.Local local = own.of(archive, PhoneAdmission.modelsOf(policy, models));
        session = new FallbackSession(remote, local, System::nanoTime);
        output = direct(classes);
    }

    /** What it follows. */
    public Policy policy() {
        return policy;
    }

    /** From the next input on. A latched guard outranks it. */
    public void pin(Pin pin) {
        session.pin(pin.rung());
    }

    /**
     * Answers one input, and makes the check that is due.
     *
     * @param values as many as the model takes
     * @throws EngineException if no rung can be run
     * @throws ServiceException if the service says that the input is wrong
     */
    public Reading observe(float[] values, InputContext context) throws EngineException, ServiceException {
        if (input == null) {
            input = direct(values.length);
        }
        input.asFloatBuffer().put(values);
        FallbackSession.Outcome outcome = session.answer(input, output, context);
        Answer answer = outcome.answer();
        Check check = session.finish();
        GuardStatus guard = guard();
        double checked = check != null ? 1 : 0;
        if (outcome.byService() && guard.answers() > 0) {
            checked = (double) guard.canaries() / guard.answers(); // the service does not say which
        }
        Policy followed = outcome.byService() ? outcome.policy() : policy;
        savings.add(followed, answer, checked);
        int label = 0;
        for (int i = 1; i < output.capacity() / Float.BYTES; ++i) {
            label = output.getFloat(i * Float.BYTES) > output.getFloat(label * Float.BYTES) ? i : label;
        }
        return new Reading(
                label,
                output.getFloat(label * Float.BYTES),
                answer.rung(),
                followed.ladder().get(answer.rung()).configuration(),
                answer.chosen(),
                answer.reason(),
                answer.latencyNs() / 1e6,
                savings.share(),
                savings.unit(),
                guard.answers(),
                guard.canaries(),
                guard.disagreements(),
                guard.alarm(),
                outcome.byService(),
                outcome.refusal());
    }

    @Override
    public void close() {
        session.close();
    }

    private GuardStatus guard() {
        try {
            return session.guard();
        } catch (ServiceException gone) {
            return GuardStatus.NONE; // the next input finds out
        }
    }

    private static ByteBuffer direct(int floats) {
        return ByteBuffer.allocateDirect(floats * Float.BYTES).order(ByteOrder.nativeOrder());
    }
}
