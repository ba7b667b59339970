package dev.approxlite.service.client;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.Engine;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.EngineException.Reason;
import dev.approxlite.engine.Engines;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.engine.Probes;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.service.policy.GuardStates;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * The engine of an app's own process, which answers where the service cannot. It follows the policy only if its probes
 * give the recorded bits here, and what its guard knows is kept after every check and every alarm, across kills and
 * restarts, whether or not the app calls {@link Engine#finish}.
 * Thread-safe; each engine is one thread's.
 */
public final class InProcess implements FallbackSession.Local {
    private final Engines engines;
    private final PolicyArchive policy;
    private final List<ByteBuffer> models;
    private final GuardStates guards;
    /** Whether an engine of these has latched exact, which another one that knows less does not undo. */
    private boolean latched;

    /**
     * Opens nothing yet.
     *
     * @param engines the native library's
     * @param policy already verified
     * @param models contents of its model files, in its order; not to be changed meanwhile
     * @param folder of the app's own, for the guard's state
     * @throws IOException if the folder cannot be used
     */
    public InProcess(Engines engines, PolicyArchive policy, List<ByteBuffer> models, Path folder) throws IOException {
        this.engines = engines;
        this.policy = policy;
        this.models = List.copyOf(models);
        guards = new GuardStates(folder);
        guards.begin(policy);
    }

    @Override
    public Engine open() throws EngineException {
        Engine engine = engines.open(policy, models, guards.load(policy));
        try {
            Probes.check(policy.policy(), engine);
            return new Kept(engine);
        } catch (PolicyException otherBits) {
            engine.close();
            throw new EngineException(Reason.WRONG_PROBES, otherBits.getMessage());
        } catch (EngineException problem) {
            engine.close();
            throw problem;
        }
    }

    private synchronized void keep(GuardStatus known) throws IOException {
        if (known.alarm() != 0 || !latched) {
            latched = known.alarm() != 0; // also where the disk is full
            guards.save(policy, known.state());
        }
    }

    /** An engine whose guard's state is on the disk before its check or its alarm is told of. */
    private final class Kept implements Engine {
        private final Engine engine;
        /** That the state on the disk is latched for. */
        private int alarm;
        /** Whether the guard knows more than the disk. */
        private boolean unsaved = guards.hasUnsaved();

        Kept(Engine engine) {
            this.engine = engine;
            alarm = engine.guard().alarm();
        }

        @Override
        public Check finish() throws EngineException {
            Check check = engine.finish();
            unsaved |= check != null;
            IOException full = save();
            if (full != null) {
                throw new EngineException(
                        Reason.CANNOT_RUN, "what the guard knows cannot be kept: " + full.getMessage());
            }
            return check;
        }

        /** Null if the disk has all that the guard knows; else why not, and the next call tries again. */
        private IOException save() {
            if (unsaved) {
                GuardStatus known = engine.guard();
                try {
                    keep(known);
                } catch (IOException full) {
                    return full;
                }
                alarm = known.alarm();
                unsaved = false;
            }
            return null;
        }

        @Override
        public int inputBytes() {
            return engine.inputBytes();
        }

        @Override
        public int outputBytes() {
            return engine.outputBytes();
        }

        @Override
        public ElementType inputType() {
            return engine.inputType();
        }

        @Override
        public int rungs() {
            return engine.rungs();
        }

        @Override
        public long run(int rung, ByteBuffer input, ByteBuffer output) throws EngineException {
            return engine.run(rung, input, output);
        }

        @Override
        public Answer answer(ByteBuffer input, ByteBuffer output, InputContext context) throws EngineException {
            unsaved |= engine.finish() != null; // the check that an app left out
            save();
            Answer answer = engine.answer(input, output, context);
            unsaved |= answer.alarm() != alarm;
            save(); // an answer is given even where the disk is full: finish() tells of that
            return answer;
        }

        @Override
        public void pin(int rung) {
            engine.pin(rung);
        }

        @Override
        public GuardStatus guard() {
            return engine.guard();
        }

        @Override
        public void close() {
            engine.close();
        }
    }
}
