package dev.approxlite.service.queue;

import dev.approxlite.engine.Answer;

/** Where the outcome of a request goes: exactly one of the two is called, once. Neither may block or throw. */
public interface Reply {
    /** Why nothing is to be computed for it any more; null: it is. */
    default ServiceException refusal() {
        return null;
    }

    /** The output lies where the request wanted it. */
    void answered(long sequence, Answer answer);

    /** There is no answer. */
    void failed(long sequence, ServiceException.Reason reason, String message);
}
