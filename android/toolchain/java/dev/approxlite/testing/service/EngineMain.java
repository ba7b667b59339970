package dev.approxlite.testing.service;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.EngineException;
import dev.approxlite.service.engine.EngineHost;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;

/** The engine's process: an {@link EngineHost} behind a local socket, as EngineService is one behind binder. */
final class EngineMain {
    static final int ATTACH = 1;
    static final int DETACH = 2;
    static final int ANSWER = 3;

    private EngineMain() {}

    /** Argument: the socket to connect to. */
    public static void main(String[] arguments) {
        try (Wire wire = Wire.connect(Paths.get(arguments[0]));
                EngineHost host = new EngineHost(new SumEngines().open(null, List.of(), null))) {
            for (;;) {
                serve(wire, host, wire.receive());
            }
        } catch (IOException gone) {
            // the service ended: so does its engine
        }
    }

    private static void serve(Wire wire, EngineHost host, ByteBuffer message) throws IOException {
        switch (message.getInt()) {
            case ATTACH: {
                int id = message.getInt();
                long bytes = message.getLong();
                Path path = Paths.get(Wire.text(message));
                try {
                    host.attach(id, new SharedFile(path, bytes).map());
                } catch (IOException gone) {
                    // its client died meanwhile; who asks for it is told that it is not attached
                }
                wire.send(to -> to.putInt(0));
                break;
            }
            case DETACH:
                host.detach(message.getInt());
                wire.send(to -> to.putInt(0));
                break;
            case ANSWER:
                answer(wire, host, message);
                break;
            default:
                throw new IOException("unknown message");
        }
    }

    private static void answer(Wire wire, EngineHost host, ByteBuffer message) throws IOException {
        int region = message.getInt();
        int input = message.getInt();
        int output = message.getInt();
        InputContext context = new InputContext(
                message.getDouble(), message.getFloat(), message.getFloat(), message.getFloat(), message.getInt(),
                        message.getFloat());
        try {
            Answer answer = host.answer(region, input, output, context);
            wire.send(to -> putAnswer(to.putInt(0), answer));
        } catch (EngineException problem) {
            wire.send(to -> Wire.putText(to.putInt(1 + problem.reason().ordinal()), problem.getMessage()));
        }
    }

    static void putAnswer(ByteBuffer to, Answer answer) {
        to.putInt(answer.rung()).putInt(answer.candidate()).putInt(answer.chosen()).putFloat(answer.chosenEvidence());
        to.putInt(answer.reason()).putFloat(answer.evidence()).putLong(answer.latencyNs());
        to.putInt(answer.rungsRun()).putInt(answer.checkDue() ? 1 : 0).putInt(answer.alarm());
    }

    static Answer answer(ByteBuffer from) {
        return new Answer(
                from.getInt(), from.getInt(), from.getInt(), from.getFloat(), from.getInt(), from.getFloat(),
                        from.getLong(), from.getInt(), from.getInt() != 0, from.getInt());
    }
}
