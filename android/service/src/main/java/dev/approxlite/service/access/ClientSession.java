package dev.approxlite.service.access;

import dev.approxlite.engine.EngineException;
import dev.approxlite.service.engine.Region;
import dev.approxlite.service.queue.Reply;
import dev.approxlite.service.queue.Request;
import dev.approxlite.service.queue.ServiceException;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.util.HashSet;
import java.util.Set;

/** One client at work: the memory it attached and the requests it made. Thread-safe; closed when the client dies. */
public final class ClientSession implements AutoCloseable {
    private final ClientSessions owner;
    private final int uid;
    private final Set<Integer> regions = new HashSet<>();
    private long bytes;
    private boolean closed;

    ClientSession(ClientSessions owner, int uid) {
        this.owner = owner;
        this.uid = uid;
    }

    /** Of the app it belongs to. */
    public int uid() {
        return uid;
    }

    /**
     * Takes memory for tensors, which the session closes, also where it refuses it.
     *
     * @return its number, for {@link #submit}
     * @throws ServiceException if the app attached more than it may, or the session is closed
     */
    public synchronized int attach(Region region) throws ServiceException {
        try {
            requireOpen();
            owner.takeBytes(uid, region.bytes());
        } catch (ServiceException refused) {
            region.close();
            throw refused;
        }
        bytes += region.bytes();
        int id = owner.engines().attach(region);
        regions.add(id);
        return id;
    }

    /**
     * Asks for an answer.
     *
     * @param sequence the client's number for the request, given back with the outcome
     * @param region as {@link #attach} returned it; inputOffset, outputOffset: multiples of 64 within it
     * @param deadlineMs left; NaN: none
     * @throws ServiceException if it is not taken; then {@code reply} is not called
     */
    public void submit(long sequence, int region, int inputOffset, int outputOffset, float deadlineMs, Reply reply)
            throws ServiceException {
        synchronized (this) {
            requireOpen();
            if (!regions.contains(region)) {
                throw new ServiceException(Reason.BAD_TENSOR, "memory " + region + " is not attached by this session");
            }
        }
        owner.dispatcher()
                .submit(new Request(uid, this, sequence, region, inputOffset, outputOffset, deadlineMs, reply));
    }

    /** Sizes of the model's input and answer in bytes. */
    public int[] tensorBytes() throws ServiceException {
        try {
            return new int[] {owner.engines().engine().inputBytes(), owner.engines().engine().outputBytes()};
        } catch (EngineException problem) {
            throw new ServiceException(Reason.CANNOT_RUN, problem.getMessage());
        }
    }

    /** Idempotent: what waits is cancelled, memory is let go as soon as nothing runs on it. */
    @Override
    public void close() {
        Set<Integer> left;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            left = new HashSet<>(regions);
            regions.clear();
        }
        owner.dispatcher().forget(this);
        for (int each : left) {
            owner.engines().detach(each);
        }
        owner.closed(this, bytes);
    }

    private void requireOpen() throws ServiceException {
        if (closed) {
            throw new ServiceException(Reason.CLOSED, "the session is closed");
        }
    }
}
