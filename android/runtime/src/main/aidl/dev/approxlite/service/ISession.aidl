package dev.approxlite.service;

import android.os.SharedMemory;

/** One client at work. Errors are codes of ServiceException.Reason, negative where a number is returned. */
interface ISession {
    /** {bytes of an input, bytes of an answer}, or {negative code}. */
    int[] tensorBytes();

    /** policy.json of what is followed; empty for nothing. It is the session's as long as its requests are answered. */
    byte[] policy();

    /** {alarm, answers, canaries, disagreements} of the guard, or {negative code}. */
    long[] guard();

    /** Memory for tensors: its number, above 0, or a negative code. */
    int attach(in SharedMemory memory);

    /**
     * Offsets are multiples of 64. deadlineMs: left; NaN: none; at most 0: it has passed. The outcome comes by
     * IReplies, exactly once.
     */
    oneway void submit(long sequence, int region, int inputOffset, int outputOffset, float deadlineMs);

    /** Idempotent. Nobody waits for it, least of all while the service waits for an engine. */
    oneway void close();
}
