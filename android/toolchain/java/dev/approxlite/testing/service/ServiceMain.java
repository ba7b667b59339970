package dev.approxlite.testing.service;

import dev.approxlite.context.DeviceContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.policy.Signer;
import dev.approxlite.service.ServiceCore;
import dev.approxlite.service.access.ClientSession;
import dev.approxlite.service.queue.Reply;
import dev.approxlite.service.queue.ServiceException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.stream.Stream;

/**
 * The service's process: the real {@link ServiceCore} behind a local socket, as InferenceService is it behind binder.
 */
final class ServiceMain {
    static final int ATTACH = 1;
    static final int SUBMIT = 2;
    static final int FIGURES = 3;

    private ServiceMain() {}

    /** Arguments: the socket to listen at and a folder of its own. */
    public static void main(String[] arguments) throws Exception {
        Path folder = Paths.get(arguments[1]);
        Signer signer = new Signer();
        DeviceContext device = new DeviceContext(System::nanoTime);
        EngineProcesses processes = new EngineProcesses(folder);
        ServiceCore.Parts parts = new ServiceCore.Parts();
        parts.folder = folder.resolve("service");
        parts.launcher = processes;
        parts.admission = archive -> {};
        parts.keys = signer::keys;
        parts.permissions = (permission, pid, uid) -> true;
        parts.device = () -> device;
        parts.mostDeaths = Integer.MAX_VALUE; // engines are killed on purpose here
        try (ServiceCore core = new ServiceCore(parts);
                ServerSocketChannel server = Wire.listen(Paths.get(arguments[0]))) {
            core.inbox().receive(signer.policy(1), "the harness");
            for (int client = 0; ; ++client) {
                SocketChannel channel = server.accept();
                Thread thread = new Thread(() -> serve(core, processes, new Wire(channel)), "client-" + client);
                thread.setDaemon(true);
                thread.start();
            }
        }
    }

    private static void serve(ServiceCore core, EngineProcesses processes, Wire wire) {
        ClientSession session = null;
        try (wire) {
            session = core.sessions().open(wire.receive().getInt());
            for (;;) {
                ByteBuffer message = wire.receive();
                switch (message.getInt()) {
                    case ATTACH: {
                        long bytes = message.getLong();
                        int id = session.attach(new SharedFile(Paths.get(Wire.text(message)), bytes));
                        wire.send(to -> to.putInt(id));
                        break;
                    }
                    case SUBMIT:
                        submit(session, wire, message);
                        break;
                    default:
                        figures(core, processes, wire);
                }
            }
        } catch (IOException | ServiceException dead) {
            // the client is gone, as a death link tells on a phone
        } finally {
            if (session != null) {
                session.close();
            }
        }
    }

    private static void submit(ClientSession session, Wire wire, ByteBuffer message) throws IOException {
        long sequence = message.getLong();
        try {
            session.submit(
                    sequence, message.getInt(), message.getInt(), message.getInt(), message.getFloat(),
                            new SocketReply(wire));
        } catch (ServiceException refused) {
            new SocketReply(wire).failed(sequence, refused.reason(), refused.getMessage());
        }
    }

    /** What a leak would make grow, and whom to kill. */
    private static void figures(ServiceCore core, EngineProcesses processes, Wire wire) throws IOException {
        System.gc();
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        long files;
        try (Stream<Path> open = Files.list(Paths.get("/proc/self/fd"))) {
            files = open.count();
        }
        long maps;
        try (Stream<String> lines = Files.lines(Paths.get("/proc/self/maps"))) {
            maps = lines.count();
        }
        int threads = ManagementFactory.getThreadMXBean().getThreadCount();
        wire.send(to -> to.putLong(processes.pid())
                .putLong(heap)
                .putLong(files)
                .putLong(maps)
                .putLong(threads)
                .putLong(core.engines().regions())
                .putLong(core.sessions().size())
                .putLong(core.engines().deaths()));
    }

    private record SocketReply(Wire wire) implements Reply {
        @Override
        public void answered(long sequence, Answer answer) {
            send(to -> EngineMain.putAnswer(to.putLong(sequence).putInt(0), answer));
        }

        @Override
        public void failed(long sequence, ServiceException.Reason reason, String message) {
            send(to -> Wire.putText(to.putLong(sequence).putInt(reason.code()), message));
        }

        private void send(Wire.Content content) {
            try {
                wire.send(content);
            } catch (IOException dead) {
                // nobody is there to be told; its session is closed by whoever reads from it
            }
        }
    }
}
