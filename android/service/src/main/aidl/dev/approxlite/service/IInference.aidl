package dev.approxlite.service;

import dev.approxlite.service.IReplies;
import dev.approxlite.service.ISession;

/** What apps bind to with action dev.approxlite.service.INFERENCE. A caller without permission: SecurityException. */
interface IInference {
    /** Of this interface; calls are only ever added. */
    int version();

    /** Null where it is refused, which replies.failed(-1, ...) explains. The session ends with the client's process. */
    ISession open(IReplies replies);
}
