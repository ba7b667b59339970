package dev.approxlite.service.engine;

import dev.approxlite.context.InputContext;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.Check;
import dev.approxlite.engine.Engine;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.EngineException.Reason;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.service.client.Remote;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * What runs in the engine's process: one engine, and the memory that clients share. Where tensors lie is checked here,
 * whoever asks. Thread-safe.
 */
public final class EngineHost implements AutoCloseable {
    /** Memory of a client, mapped into this process. */
    public interface Mapped extends AutoCloseable {
        /** Direct, all of it. */
        ByteBuffer bytes();

        @Override
        void close();
    }

    private final Engine engine;
    private final Map<Integer, Mapped> regions = new HashMap<>();
    /** Slices that were used last, for a client uses the same ones again and again. */
    private int lastRegion = -1;
    private int lastInput = -1;
    private int lastOutput = -1;
    private ByteBuffer input;
    private ByteBuffer output;

    /** The host closes the engine. */
    public EngineHost(Engine engine) {
        this.engine = engine;
    }

    /** The host closes the memory; what was known under the number before is closed at once. */
    public synchronized void attach(int id, Mapped memory) {
        detach(id);
        regions.put(id, memory);
    }

    /** Unknown numbers are fine. */
    public synchronized void detach(int id) {
        Mapped memory = regions.remove(id);
        if (memory != null) {
            lastRegion = -1;
            input = null;
            output = null;
            memory.close();
        }
    }

    /** Regions that are mapped. */
    public synchronized int regions() {
        return regions.size();
    }

    /** See {@link EngineProcess#answer}. */
    public synchronized Answer answer(int region, int inputOffset, int outputOffset, InputContext context)
            throws EngineException {
        if (region != lastRegion || inputOffset != lastInput || outputOffset != lastOutput) {
            slice(region, inputOffset, outputOffset);
        }
        return engine.answer(input, output, context);
    }

    /** See {@link Engine#finish}. */
    public synchronized Check finish() throws EngineException {
        return engine.finish();
    }

    /** See {@link Engine#pin}. */
    public synchronized void pin(int rung) {
        engine.pin(rung);
    }

    /** See {@link Engine#guard}. */
    public synchronized GuardStatus guard() {
        return engine.guard();
    }

    /** The engine, for what does not change. */
    public Engine engine() {
        return engine;
    }

    @Override
    public synchronized void close() {
        for (Mapped each : regions.values()) {
            each.close();
        }
        regions.clear();
        lastRegion = -1;
        input = null;
        output = null;
        engine.close();
    }

    private void slice(int region, int inputOffset, int outputOffset) throws EngineException {
        Mapped memory = regions.get(region);
        if (memory == null) {
            throw new EngineException(Reason.BAD_TENSOR, "memory " + region + " is not attached");
        }
        ByteBuffer all = memory.bytes();
        long inputEnd = (long) inputOffset + engine.inputBytes();
        long outputEnd = (long) outputOffset + engine.outputBytes();
        boolean within = inputOffset >= 0 && outputOffset >= 0 && inputEnd <= all.capacity()
                && outputEnd <= all.capacity();
        boolean apart = inputEnd <= outputOffset || outputEnd <= inputOffset;
        if (!within || !apart || inputOffset % Remote.ALIGNMENT != 0 || outputOffset % Remote.ALIGNMENT != 0) {
            throw new EngineException(
                    Reason.BAD_TENSOR,
                    "tensors at " + inputOffset + " and " + outputOffset + " should lie apart, within " + all.capacity()
                            + " bytes, at multiples of " + Remote.ALIGNMENT);
        }
        lastRegion = -1;
        input = part(all, inputOffset, engine.inputBytes());
        output = part(all, outputOffset, engine.outputBytes());
        lastRegion = region;
        lastInput = inputOffset;
        lastOutput = outputOffset;
    }

    private static ByteBuffer part(ByteBuffer all, int offset, int bytes) {
        Buffer view = all.duplicate(); // as a Buffer, for Android 8.0 has none of ByteBuffer's own position and limit
        view.position(offset).limit(offset + bytes);
        return ((ByteBuffer) view).slice().order(ByteOrder.nativeOrder());
    }
}
