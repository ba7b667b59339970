package dev.approxlite.service;

import dev.approxlite.service.IReplies;
import dev.approxlite.service.ISession;

/** What apps bind to with action dev.approxlite.service.INFERENCE. A caller without permission: SecurityException. */
interface IInference {
    /** Of this interface; calls are only ever added. */
    int version();

    /** Null where it is refused, which replies.failed(-1, ...) explains. The session ends with the client's process. */
    ISession open(IReplies replies);

    /**
     * The same for a client of one model, the SHA-256 of its file in hexadecimal digits: refused with NO_POLICY where
     * what is followed is not for it, and every request fails with POLICY_CHANGED once something else is followed.
     */
    ISession openFor(IReplies replies, String model);
}
