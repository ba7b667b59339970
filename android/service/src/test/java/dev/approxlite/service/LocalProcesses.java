package dev.approxlite.service;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.EngineException.Reason;
import dev.approxlite.engine.FakeEngines;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.service.engine.EngineHost;
import dev.approxlite.service.engine.EngineLauncher;
import dev.approxlite.service.engine.EngineProcess;
import dev.approxlite.service.engine.Region;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Engine "processes" within a test, which die when they are told to. */
public final class LocalProcesses implements EngineLauncher {
    /** Memory of a test. */
    public static final class Memory implements Region {
        private final ByteBuffer bytes;
        /** Whether it was let go. */
        public final AtomicBoolean closed = new AtomicBoolean();

        public Memory(int size) {
            bytes = ByteBuffer.allocateDirect(size);
        }

        @Override
        public long bytes() {
            return bytes.capacity();
        }

        @Override
        public void close() {
            closed.set(true);
        }

        /** All of it. */
        public ByteBuffer content() {
            return bytes;
        }

        /** What the engine's side maps; closing it does not close the client's. */
        EngineHost.Mapped mapped() {
            return new EngineHost.Mapped() {
                @Override
                public ByteBuffer bytes() {
                    return bytes.duplicate();
                }

                @Override
                public void close() {}
            };
        }
    }

    /** One of them. */
    public final class Process implements EngineProcess {
        private final EngineHost host;
        private volatile boolean dead;
        private volatile boolean closed;
        /** Dies while it runs the request that comes after so many; negative: never. */
        public volatile int answersLeft = -1;

        Process(EngineHost host) {
            this.host = host;
        }

        /** At once. */
        public void kill() {
            dead = true;
            host.close();
        }

        private EngineHost alive() throws EngineException {
            if (dead) {
                throw new EngineException(Reason.DIED, "the engine's process died");
            }
            return host;
        }

        @Override
        public int inputBytes() {
            return FakeEngines.BYTES;
        }

        @Override
        public int outputBytes() {
            return FakeEngines.BYTES;
        }

        @Override
        public void attach(int id, Region region) throws EngineException {
            alive().attach(id, ((Memory) region).mapped());
        }

        @Override
        public void detach(int id) throws EngineException {
            alive().detach(id);
        }

        @Override
        public Answer answer(int region, int inputOffset, int outputOffset,
                InputContext context) throws EngineException {
            if (answersLeft == 0) {
                kill();
            }
            --answersLeft;
            Answer answer = alive().answer(region, inputOffset, outputOffset, context);
            if (dieAfterAnswers) {
                kill();
            }
            return answer;
        }

        @Override
        public Check finish() throws EngineException {
            return alive().finish();
        }

        @Override
        public void pin(int rung) throws EngineException {
            alive().pin(rung);
        }

        @Override
        public GuardStatus guard() throws EngineException {
            return alive().guard();
        }

        @Override
        public boolean isAlive() {
            return !dead && !closed;
        }

        @Override
        public void close() {
            closed = true;
            if (lingers) {
                host.close();
            } else {
                kill();
            }
        }
    }

    public final FakeEngines engines = new FakeEngines();
    /** All that were ever started. */
    public final List<Process> started = Collections.synchronizedList(new ArrayList<>());
    /** Whether a process dies as soon as it has answered, before it tells anything else. */
    public volatile boolean dieAfterAnswers;
    /** Whether a process whose engine is closed is there a while longer. */
    public volatile boolean lingers;
    /** What the next ones get for {@link Process#answersLeft}. */
    public volatile int answersLeft = -1;

    /** What a process that starts waits at; null: at nothing. */
    public volatile FakeEngines.Gate startGate;

    @Override
    public EngineProcess launch(PolicyArchive policy, byte[] guardState) throws EngineException {
        FakeEngines.Gate held = startGate;
        if (held != null) {
            held.pass();
        }
        if (refusal != null) {
            throw refusal;
        }
        byte[] state = guardState == null || guardState.length == 0 ? null : guardState; // as it comes across binder
        Process process = new Process(new EngineHost(engines.open(policy, List.of(), state)));
        process.answersLeft = answersLeft;
        started.add(process);
        return process;
    }

    /** Why no engine starts; null: they do. */
    public volatile EngineException refusal;

    /** The newest. */
    public Process last() {
        return started.get(started.size() - 1);
    }
}
