package dev.approxlite.policy;

import java.util.Objects;

/** A policy is refused. The message is one line for a person; the reason is for programs and audit records. */
public final class PolicyException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why a policy is refused. */
    public enum Reason {
        /** It is not a policy archive, or what is in it is not JSON. */
        DAMAGED,
        /** A part is larger than a phone takes. */
        OVERSIZED,
        /** It has a field that this version does not know. */
        UNKNOWN_FIELD,
        /** A field is missing, of another type or out of its range. */
        INVALID,
        /** Nobody signed it. */
        UNSIGNED,
        /** It is signed by a key that this phone does not trust. */
        UNKNOWN_KEY,
        /** It was changed after it was signed. */
        CHANGED,
        /** Its sequence number is not above the running policy's. */
        REPLAYED,
        /** It is for other model files. */
        OTHER_MODEL,
        /** It is for kernels that give other bits. */
        OTHER_NUMERICS,
        /** It is for another kind of device. */
        OTHER_DEVICE,
        /** The present time is not one that it holds for. */
        EXPIRED,
        /** A rung computes other bits here than where the policy was made. */
        WRONG_PROBES
    }

    private final Reason reason;

    /** What refused it, and one line that says what, where and what to do. */
    public PolicyException(Reason reason, String message) {
        super(message);
        this.reason = Objects.requireNonNull(reason);
    }

    /** For programs. */
    public Reason reason() {
        return reason;
    }
}
