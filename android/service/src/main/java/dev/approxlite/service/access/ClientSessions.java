package dev.approxlite.service.access;

import dev.approxlite.service.engine.EngineSupervisor;
import dev.approxlite.service.queue.Dispatcher;
import dev.approxlite.service.queue.ServiceException;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All clients at work, and what each app may have of the service. Thread-safe. */
public final class ClientSessions implements AutoCloseable {
    /** Sessions of one app. */
    public static final int MOST_SESSIONS = 8;
    /** Memory that one app may attach. */
    public static final long MOST_BYTES = 64L << 20;

    private static final class Share {
        int sessions;
        long bytes;
    }

    private final Dispatcher dispatcher;
    private final EngineSupervisor engines;
    private final Map<Integer, Share> shares = new HashMap<>();
    private final Set<ClientSession> open = new HashSet<>();

    /** Both outlive the sessions. */
    public ClientSessions(Dispatcher dispatcher, EngineSupervisor engines) {
        this.dispatcher = dispatcher;
        this.engines = engines;
    }

    /** @throws ServiceException if the app has as many as it may */
    public synchronized ClientSession open(int uid) throws ServiceException {
        Share share = shares.computeIfAbsent(uid, each -> new Share());
        if (share.sessions >= MOST_SESSIONS) {
            throw new ServiceException(Reason.OVER_QUOTA, "uid " + uid + " has " + MOST_SESSIONS
                    + " sessions; close one");
        }
        ++share.sessions;
        ClientSession session = new ClientSession(this, uid);
        open.add(session);
        return session;
    }

    /** Sessions that are open. */
    public synchronized int size() {
        return open.size();
    }

    @Override
    public void close() {
        List<ClientSession> left;
        synchronized (this) {
            left = new ArrayList<>(open);
        }
        for (ClientSession each : left) {
            each.close();
        }
    }

    Dispatcher dispatcher() {
        return dispatcher;
    }

    EngineSupervisor engines() {
        return engines;
    }

    synchronized void takeBytes(int uid, long bytes) throws ServiceException {
        Share share = shares.get(uid);
        if (bytes <= 0 || bytes > Integer.MAX_VALUE || share.bytes + bytes > MOST_BYTES) {
            throw new ServiceException(
                    Reason.OVER_QUOTA, "uid " + uid + " may attach " + MOST_BYTES + " bytes, not " + bytes + " more");
        }
        share.bytes += bytes;
    }

    synchronized void closed(ClientSession session, long bytes) {
        if (!open.remove(session)) {
            return;
        }
        Share share = shares.get(session.uid());
        share.bytes -= bytes;
        if (--share.sessions == 0) {
            shares.remove(session.uid());
        }
    }
}
