package dev.approxlite.service.access;

import dev.approxlite.engine.Answer;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.policy.PolicyArchive;
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
    /** The policy that it is for; null: whichever is followed. */
    private final PolicyArchive policy;
    private final Set<Integer> regions = new HashSet<>();
    private long bytes;
    private boolean closed;

    ClientSession(ClientSessions owner, int uid, PolicyArchive policy) {
        this.owner = owner;
        this.uid = uid;
        this.policy = policy;
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
            owner.takeRegion(uid, region.bytes());
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
     * @param deadlineMs left; NaN: none; at most 0: it has passed, and the answer is as soon as can be
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
        requirePolicy();
        Reply mine = policy == null ? reply : new OfPolicy(reply);
        owner.dispatcher()
                .submit(new Request(uid, this, sequence, region, inputOffset, outputOffset, deadlineMs, mine));
    }

    /** policy.json of what is followed; empty for nothing. */
    public byte[] policy() {
        PolicyArchive followed = policy != null ? policy : owner.engines().policy();
        return followed == null ? new byte[0] : followed.policyJson();
    }

    /** What the guard of the engine knows. */
    public GuardStatus guard() throws ServiceException {
        try {
            requirePolicy();
            return owner.engines().engine().guard();
        } catch (EngineException problem) {
            throw new ServiceException(Reason.CANNOT_RUN, problem.getMessage());
        }
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
        owner.closed(this, bytes, left.size());
    }

    private void requirePolicy() throws ServiceException {
        ServiceException changed = policyChanged();
        if (changed != null) {
            throw changed;
        }
    }

    /** Null while the policy that the session is for is followed. */
    private ServiceException policyChanged() {
        return policy == null || owner.engines().policy() == policy ? null
                : new ServiceException(Reason.POLICY_CHANGED, "another policy is followed now; open a new session");
    }

    /** Asked before and after the request runs, for the policy may change while it waits and while it runs. */
    private final class OfPolicy implements Reply {
        private final Reply reply;

        OfPolicy(Reply reply) {
            this.reply = reply;
        }

        @Override
        public ServiceException refusal() {
            return policyChanged();
        }

        @Override
        public void answered(long sequence, Answer answer) {
            ServiceException changed = policyChanged();
            if (changed == null) {
                reply.answered(sequence, answer);
            } else {
                reply.failed(sequence, changed.reason(), changed.getMessage());
            }
        }

        @Override
        public void failed(long sequence, Reason reason, String message) {
            ServiceException changed = policyChanged();
            reply.failed(
                    sequence, changed == null ? reason : changed.reason(),
                    changed == null ? message : changed.getMessage());
        }
    }

    private void requireOpen() throws ServiceException {
        if (closed) {
            throw new ServiceException(Reason.CLOSED, "the session is closed");
        }
    }
}
