package dev.approxlite.testing.service;

import dev.approxlite.service.engine.EngineHost;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** A client's side of the socket, with one slot of shared memory: an input, and an output behind it. */
final class Client implements Closeable {
    static final int OUTPUT_AT = (SumEngines.INPUT_BYTES + 63) / 64 * 64;

    private final Wire wire;
    private final SharedFile file;
    private final EngineHost.Mapped memory;
    private final int region;
    private int code;

    Client(Path socket, Path memoryFile, int uid) throws IOException {
        file = SharedFile.create(memoryFile, OUTPUT_AT + 4096);
        memory = file.map();
        wire = Wire.connect(socket);
        wire.send(to -> to.putInt(uid));
        wire.send(to -> Wire.putText(to.putInt(ServiceMain.ATTACH).putLong(file.bytes()), file.path().toString()));
        region = wire.receive().getInt();
    }

    ByteBuffer input() {
        return memory.bytes();
    }

    /** Asks, without waiting. */
    void submit(long sequence) throws IOException {
        wire.send(to -> to.putInt(ServiceMain.SUBMIT).putLong(sequence).putInt(region).putInt(0).putInt(OUTPUT_AT).putFloat(Float.NaN));
    }

    /** Waits for an outcome: its sequence; {@code code()} tells how it went. */
    long await() throws IOException {
        ByteBuffer outcome = wire.receive();
        long sequence = outcome.getLong();
        code = outcome.getInt();
        return sequence;
    }

    /** 0: answered; else the reason's code. */
    int code() {
        return code;
    }

    /** Whether the output holds the sums of the input. */
    boolean isRight() {
        ByteBuffer expected = ByteBuffer.allocateDirect(4 * SumEngines.SUMS).order(ByteOrder.nativeOrder());
        SumEngines.sum(memory.bytes(), expected);
        for (int i = 0; i < 4 * SumEngines.SUMS; ++i) {
            if (memory.bytes().get(OUTPUT_AT + i) != expected.get(i)) {
                return false;
            }
        }
        return true;
    }

    long[] figures() throws IOException {
        wire.send(to -> to.putInt(ServiceMain.FIGURES));
        ByteBuffer reply = wire.receive();
        long[] figures = new long[8];
        for (int i = 0; i < figures.length; ++i) {
            figures[i] = reply.getLong();
        }
        return figures;
    }

    @Override
    public void close() throws IOException {
        wire.close();
        memory.close();
        file.close();
    }
}
