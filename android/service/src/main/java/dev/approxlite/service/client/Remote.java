package dev.approxlite.service.client;

import dev.approxlite.engine.Answer;
import dev.approxlite.service.queue.ServiceException;
import java.io.Closeable;
import java.nio.ByteBuffer;

/** The service as an app sees it: one request at a time, and its outcome. Belongs to one thread, but for close(). */
public interface Remote extends Closeable {
    /**
     * Has one input answered.
     *
     * @param input direct; of the model's size, from position 0 on
     * @param output where the answer goes
     * @param deadlineMs left; NaN: none
     * @throws ServiceException with the reason; {@link ServiceException.Reason#CLOSED} where the service is not there
     */
    Answer ask(ByteBuffer input, ByteBuffer output, float deadlineMs) throws ServiceException;

    @Override
    void close();
}
