package dev.approxlite.service;

import android.os.SharedMemory;

/** One client at work. Errors are codes of ServiceException.Reason, negative where a number is returned. */
interface ISession {
    /** {bytes of an input, bytes of an answer}, or {negative code}. */
    int[] tensorBytes();

    /** Memory for tensors: its number, above 0, or a negative code. */
    int attach(in SharedMemory memory);

    /** Offsets are multiples of 64. deadlineMs: left; NaN: none. The outcome comes by IReplies, exactly once. */
    oneway void submit(long sequence, int region, int inputOffset, int outputOffset, float deadlineMs);

    /** Idempotent. */
    void close();
}
