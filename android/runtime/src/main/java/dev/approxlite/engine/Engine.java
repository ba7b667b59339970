package dev.approxlite.engine;

import dev.approxlite.context.InputContext;
import java.io.Closeable;
import java.nio.ByteBuffer;

/**
 * One policy at work on its models: runs single rungs, and answers inputs as the step machine of controller.h says.
 * Belongs to one thread at a time, but for {@link #close}, which any thread may call at any moment: it waits for the
 * call under way, calls after it throw {@link EngineException}, and calling it again does nothing.
 *
 * <p>Tensors are direct buffers in native byte order, from position 0 on, of exactly {@link #inputBytes} and {@link
 * #outputBytes} bytes; their position and limit are left alone.
 */
public interface Engine extends Closeable {
    /** Of elements that inputs can have. */
    enum ElementType {
        /** Four bytes, IEEE 754. */
        FLOAT32,
        /** One byte, -128 to 127. */
        INT8,
        /** One byte, 0 to 255. */
        UINT8
    }

    /** Of one sample, batch 1. */
    int inputBytes();

    /** Of the answer to one sample. */
    int outputBytes();

    /** Of the input's elements. */
    ElementType inputType();

    /** Rungs of the ladder. */
    int rungs();

    /**
     * Runs one rung, whatever the policy says, as probes and profiles do. Changing the rung costs under a microsecond.
     *
     * @param rung index into the ladder
     * @return nanoseconds that the model took
     * @throws EngineException if it cannot be run
     */
    long run(int rung, ByteBuffer input, ByteBuffer output) throws EngineException;

    /**
     * Answers one input as the policy says.
     *
     * @param context what is known; a time and an input change that are NaN are filled in
     * @throws EngineException if no rung can be run
     */
    Answer answer(ByteBuffer input, ByteBuffer output, InputContext context) throws EngineException;

    /**
     * Makes the check that the last answer was drawn for, if it was, after that answer was given to whoever asked.
     *
     * @return null if there was none to make
     * @throws EngineException if exact cannot be run
     */
    Check finish() throws EngineException;

    /** From the next input on always this rung, unless the guard is latched; negative: as the policy says. */
    void pin(int rung);

    /**
     * What the guard knows, and the state to keep: 512 bytes, to be given back when this policy is opened again. After
     * {@link #close} what it knew then.
     */
    GuardStatus guard();

    @Override
    void close();
}
