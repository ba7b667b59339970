package dev.approxlite.testing.service;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.EngineException.Reason;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.service.engine.EngineLauncher;
import dev.approxlite.service.engine.EngineProcess;
import dev.approxlite.service.engine.Region;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Starts engines as JVMs of their own, which can be killed. */
final class EngineProcesses implements EngineLauncher {
    private final Path folder;
    private int started;
    private volatile Process last;

    EngineProcesses(Path folder) {
        this.folder = folder;
    }

    /** Of the engine that was started last; 0 before the first, and once this process knows that it died. */
    long pid() {
        Process engine = last;
        return engine != null && engine.isAlive() ? engine.pid() : 0;
    }

    @Override
    public synchronized EngineProcess launch(PolicyArchive policy, byte[] guardState) throws EngineException {
        Path socket = folder.resolve("engine-" + started++);
        try (ServerSocketChannel server = Wire.listen(socket)) {
            Process process = Jvm.start(EngineMain.class, socket.toString());
            last = process;
            Wire wire = accept(server, process);
            return new Remote(process, wire);
        } catch (IOException problem) {
            throw new EngineException(Reason.DIED, "the engine cannot be started: " + problem.getMessage());
        } finally {
            try {
                Files.deleteIfExists(socket);
            } catch (IOException leftBehind) {
                // the folder goes with the test
            }
        }
    }

    /** Waits for the engine to call, or to die before it does. */
    private static Wire accept(ServerSocketChannel server, Process process) throws IOException {
        server.configureBlocking(false);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (System.nanoTime() < end && process.isAlive()) {
            var channel = server.accept();
            if (channel != null) {
                channel.configureBlocking(true);
                return new Wire(channel);
            }
            try {
                Thread.sleep(2);
            } catch (InterruptedException asked) {
                break;
            }
        }
        process.destroyForcibly();
        throw new IOException("it did not call within 30 s, or died");
    }

    private static final class Remote extends Unwatched implements EngineProcess {
        private final Process process;
        private final Wire wire;
        private volatile boolean closed;

        Remote(Process process, Wire wire) {
            this.process = process;
            this.wire = wire;
        }

        private synchronized ByteBuffer ask(Wire.Content question) throws EngineException {
            try {
                wire.send(question);
                return wire.receive();
            } catch (IOException gone) {
                throw new EngineException(Reason.DIED, "the engine's process died");
            }
        }

        @Override
        public int inputBytes() {
            return SumEngines.INPUT_BYTES;
        }

        @Override
        public int outputBytes() {
            return 4 * SumEngines.SUMS;
        }

        @Override
        public void attach(int id, Region region) throws EngineException {
            String path = ((SharedFile) region).path().toString();
            ask(to -> Wire.putText(to.putInt(EngineMain.ATTACH).putInt(id).putLong(region.bytes()), path));
        }

        @Override
        public void detach(int id) throws EngineException {
            ask(to -> to.putInt(EngineMain.DETACH).putInt(id));
        }

        @Override
        public synchronized Answer answer(int region, int input, int output,
                InputContext context) throws EngineException {
            ByteBuffer reply = ask(to -> {
                to.putInt(EngineMain.ANSWER).putInt(region).putInt(input).putInt(output);
                to.putDouble(context.timeS()).putFloat(context.inputChange()).putFloat(context.deadlineMs());
                to.putFloat(context.battery()).putInt(context.charging()).putFloat(context.thermalHeadroom());
            });
            int code = reply.getInt();
            if (code != 0) {
                throw new EngineException(Reason.values()[code - 1], Wire.text(reply));
            }
            return EngineMain.answer(reply);
        }

        @Override
        public boolean isAlive() {
            return !closed && process.isAlive();
        }

        @Override
        public void close() {
            closed = true;
            process.destroyForcibly();
            try {
                wire.close();
            } catch (IOException closed) {
                // it is
            }
        }
    }
}
