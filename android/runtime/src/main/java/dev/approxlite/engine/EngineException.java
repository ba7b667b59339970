package dev.approxlite.engine;

import java.util.Objects;

/** An engine cannot do what it was asked. The message is one line for a person; the reason is for programs. */
public final class EngineException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why. */
    public enum Reason {
        /** It was closed. */
        CLOSED,
        /** A tensor has another size than the model's. */
        BAD_TENSOR,
        /** The model or its configuration cannot be run here. */
        CANNOT_RUN,
        /** A rung computes other bits than where the policy was made. */
        WRONG_PROBES,
        /** The process that it lives in has died; another one may do better. */
        DIED
    }

    private final Reason reason;

    /** Why, and one line that says what, where and what to do. */
    public EngineException(Reason reason, String message) {
        super(message);
        this.reason = Objects.requireNonNull(reason);
    }

    /** For programs. */
    public Reason reason() {
        return reason;
    }
}
