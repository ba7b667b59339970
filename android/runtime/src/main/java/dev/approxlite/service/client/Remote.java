package dev.approxlite.service.client;

import dev.approxlite.engine.Answer;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.policy.Policy;
import dev.approxlite.service.queue.ServiceException;
import java.io.Closeable;
import java.nio.ByteBuffer;

/** The service as an app sees it: one request at a time, and its outcome. Belongs to one thread, but for close(). */
public interface Remote extends Closeable {
    /** Offsets of tensors are multiples of this, as vector instructions like it. */
    int ALIGNMENT = 64;

    /**
     * Has one input answered.
     *
     * @param input direct; of the model's size, from position 0 on
     * @param output where the answer goes
     * @param deadlineMs left; NaN: none
     * @return the answer; its rung and candidate are those of {@link #policy}
     * @throws ServiceException with the reason; {@link ServiceException.Reason#CLOSED} where the service is not there
     */
    Answer ask(ByteBuffer input, ByteBuffer output, float deadlineMs) throws ServiceException;

    /** The policy that the last answer followed; null before the first. */
    Policy policy();

    /**
     * What the service's guard knows, without its state and its evidence: it checks for all apps together.
     *
     * @return its counts and its alarm
     * @throws ServiceException where the service is not there
     */
    GuardStatus guard() throws ServiceException;

    /** Idempotent; an {@link #ask} under way ends with {@link ServiceException.Reason#CLOSED}. */
    @Override
    void close();
}
