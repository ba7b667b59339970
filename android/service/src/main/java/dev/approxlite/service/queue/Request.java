package dev.approxlite.service.queue;

import dev.approxlite.engine.Answer;
import java.util.concurrent.atomic.AtomicBoolean;

/** One input that a client wants answered. Thread-safe; settled once. */
public final class Request {
    /** Of the app; requests are fair among these. */
    final int uid;
    /** The session that it came by; what it leaves behind goes with it. */
    final Object session;
    /** The client's number for it. */
    final long sequence;
    /** Where the tensors lie. */
    final int region;

    final int inputOffset;
    final int outputOffset;
    private final float deadlineMs;
    private final long arrivedNs = System.nanoTime();
    private final Reply reply;
    private final AtomicBoolean settled = new AtomicBoolean();

    /**
     * Arrives now.
     *
     * @param region with the offsets, as {@link dev.approxlite.service.engine.EngineProcess} wants them
     * @param deadlineMs left now; NaN: none; at most 0: it has passed
     */
    public Request(
            int uid, Object session, long sequence, int region, int inputOffset, int outputOffset, float deadlineMs,
                    Reply reply) {
        this.uid = uid;
        this.session = session;
        this.sequence = sequence;
        this.region = region;
        this.inputOffset = inputOffset;
        this.outputOffset = outputOffset;
        this.deadlineMs = deadlineMs;
        this.reply = reply;
    }

    /** Of the deadline, which goes on while the request waits: at least 0; NaN: there is none. */
    float leftMs(long nowNs) {
        return Math.max(0, deadlineMs - (nowNs - arrivedNs) / 1e6f);
    }

    boolean isSettled() {
        return settled.get();
    }

    ServiceException refusal() {
        return reply.refusal();
    }

    void answered(Answer answer) {
        if (settled.compareAndSet(false, true)) {
            reply.answered(sequence, answer);
        }
    }

    void failed(ServiceException.Reason reason, String message) {
        if (settled.compareAndSet(false, true)) {
            reply.failed(sequence, reason, message);
        }
    }
}
