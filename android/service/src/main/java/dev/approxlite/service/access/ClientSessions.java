package dev.approxlite.service.access;

import dev.approxlite.policy.Policy;
import dev.approxlite.policy.PolicyArchive;
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
    /** Memories that one app may attach, each of which takes descriptors here and in the engine's process. */
    public static final int MOST_REGIONS = 64;

    private static final class Share {
        int sessions;
        int regions;
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
    public ClientSession open(int uid) throws ServiceException {
        return open(uid, (PolicyArchive) null);
    }

    /**
     * A session for the policy that is followed now.
     *
     * @param model SHA-256 of the file that the policy has to be for
     * @throws ServiceException with {@link Reason#NO_POLICY} if it is for another; if the app has as many as it may
     */
    public ClientSession open(int uid, String model) throws ServiceException {
        PolicyArchive followed = engines.policy();
        List<Policy.ModelReference> models = followed == null ? List.of() : followed.policy().models();
        if (models.isEmpty() || !models.get(models.size() - 1).sha256().equals(model)) {
            throw new ServiceException(Reason.NO_POLICY, "no policy for this app's model is followed; push one");
        }
        return open(uid, followed);
    }

    private synchronized ClientSession open(int uid, PolicyArchive policy) throws ServiceException {
        Share share = shares.computeIfAbsent(uid, each -> new Share());
        if (share.sessions >= MOST_SESSIONS) {
            throw new ServiceException(Reason.OVER_QUOTA, "uid " + uid + " has " + MOST_SESSIONS
                    + " sessions; close one");
        }
        ++share.sessions;
        ClientSession session = new ClientSession(this, uid, policy);
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

    synchronized void takeRegion(int uid, long bytes) throws ServiceException {
        Share share = shares.get(uid);
        if (share.regions >= MOST_REGIONS) {
            throw new ServiceException(Reason.OVER_QUOTA, "uid " + uid + " has " + MOST_REGIONS
                    + " memories attached; close a session");
        }
        if (bytes <= 0 || bytes > Integer.MAX_VALUE || share.bytes + bytes > MOST_BYTES) {
            throw new ServiceException(
                    Reason.OVER_QUOTA, "uid " + uid + " may attach " + MOST_BYTES + " bytes, not " + bytes + " more");
        }
        share.bytes += bytes;
        ++share.regions;
    }

    synchronized void closed(ClientSession session, long bytes, int regions) {
        if (!open.remove(session)) {
            return;
        }
        Share share = shares.get(session.uid());
        share.bytes -= bytes;
        share.regions -= regions;
        if (--share.sessions == 0) {
            shares.remove(session.uid());
        }
    }
}
