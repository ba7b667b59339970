package dev.approxlite.service.queue;

import java.util.Objects;

/** The service cannot do what a client asked. One line for a person; the reason crosses processes as its code. */
public final class ServiceException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why. Codes are part of the interface: none is ever used again for something else. */
    public enum Reason {
        /** The caller lacks the permission. */
        NOT_PERMITTED(1),
        /** The service has as many requests as it takes. Wait for answers, or compute in-process. */
        QUEUE_FULL(2),
        /** This app has as many requests, sessions or bytes as one app may. */
        OVER_QUOTA(3),
        /** A tensor does not lie in the memory that was attached, or has another size than the model's. */
        BAD_TENSOR(4),
        /** There is no policy to follow. */
        NO_POLICY(5),
        /** The engine died while it ran this request; it was not answered, and other requests go on. */
        ENGINE_DIED(6),
        /** The engine died again and again and is left alone for a while: compute in-process. */
        ENGINE_UNAVAILABLE(7),
        /** The client took the request back, or died. */
        CANCELLED(8),
        /** The session or the service was closed. */
        CLOSED(9),
        /** The model cannot be run. */
        CANNOT_RUN(10),
        /** The session was opened for the policy that was followed then: open another. */
        POLICY_CHANGED(11);

        private final int code;

        Reason(int code) {
            this.code = code;
        }

        /** What crosses processes. */
        public int code() {
            return code;
        }

        /** The reason of a code; {@link #CANNOT_RUN} for one that a newer service made up. */
        public static Reason of(int code) {
            for (Reason each : values()) {
                if (each.code == code) {
                    return each;
                }
            }
            return CANNOT_RUN;
        }

        /** Whether the client's own engine can answer what the service did not. */
        public boolean callsForFallback() {
            return this != BAD_TENSOR && this != CANCELLED;
        }
    }

    private final Reason reason;

    /** Why, and one line that says what, where and what to do. */
    public ServiceException(Reason reason, String message) {
        super(message);
        this.reason = Objects.requireNonNull(reason);
    }

    /** For programs. */
    public Reason reason() {
        return reason;
    }
}
