package dev.approxlite.service.android;

import android.os.RemoteException;
import android.os.SharedMemory;
import android.system.ErrnoException;
import dev.approxlite.policy.Policy;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.service.ISession;
import dev.approxlite.service.client.Remote;
import dev.approxlite.service.queue.ServiceException;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.nio.Buffer;
import java.nio.ByteBuffer;

/** A session with the memory that one input and one answer lie in. Belongs to one thread. */
final class TensorLink {
    final ISession session;
    /** What the session follows. */
    final Policy policy;
    /** The memory's number. */
    final int region;
    /** Where in it the answer lies; the input lies at 0. */
    final int outputAt;

    private final SharedMemory memory;
    private final ByteBuffer mapped;
    private final int inputBytes;
    private final int outputBytes;

    private TensorLink(
            ISession session, Policy policy, SharedMemory memory, ByteBuffer mapped, int inputBytes, int outputBytes)
            throws RemoteException, ServiceException {
        this.session = session;
        this.policy = policy;
        this.memory = memory;
        this.mapped = mapped;
        this.inputBytes = inputBytes;
        this.outputBytes = outputBytes;
        outputAt = outputAt(inputBytes);
        region = session.attach(memory);
        if (region < 0) {
            throw new ServiceException(Reason.of(-region), "the service does not take the memory");
        }
    }

    /**
     * Attaches memory of its own to a session, which is the link's from now on, also where this throws.
     *
     * @throws ServiceException if there is no memory, or the service does not take it
     */
    static TensorLink open(ISession session, int inputBytes, int outputBytes) throws RemoteException, ServiceException {
        SharedMemory memory = null;
        ByteBuffer mapped = null;
        boolean opened = false;
        try {
            Policy policy = Policy.parse(session.policy());
            memory = SharedMemory.create("approxlite-tensors", outputAt(inputBytes) + outputBytes);
            mapped = memory.mapReadWrite();
            TensorLink link = new TensorLink(session, policy, memory, mapped, inputBytes, outputBytes);
            opened = true;
            return link;
        } catch (PolicyException newer) {
            throw new ServiceException(Reason.CANNOT_RUN, "the service's policy cannot be read: " + newer.getMessage());
        } catch (ErrnoException full) {
            throw new ServiceException(Reason.OVER_QUOTA, "there is no memory to share: " + full.getMessage());
        } finally {
            if (!opened) {
                release(session, memory, mapped);
            }
        }
    }

    boolean fits(int input, int output) {
        return input == inputBytes && output == outputBytes;
    }

    void put(ByteBuffer input) {
        Buffer from = input.duplicate(); // as a Buffer, for Android 8 has none of ByteBuffer's own clear
        mapped.duplicate().put((ByteBuffer) from.clear());
    }

    void get(ByteBuffer output) {
        Buffer answer = mapped.duplicate();
        answer.position(outputAt).limit(outputAt + outputBytes);
        Buffer to = output.duplicate();
        ((ByteBuffer) to.clear()).put((ByteBuffer) answer);
    }

    /** Once. */
    void close() {
        release(session, memory, mapped);
    }

    private static int outputAt(int inputBytes) {
        return (inputBytes + Remote.ALIGNMENT - 1) / Remote.ALIGNMENT * Remote.ALIGNMENT;
    }

    private static void release(ISession session, SharedMemory memory, ByteBuffer mapped) {
        try {
            session.close();
        } catch (RemoteException | RuntimeException dead) {
            // with it, its session
        }
        if (mapped != null) {
            SharedMemory.unmap(mapped);
        }
        if (memory != null) {
            memory.close();
        }
    }
}
