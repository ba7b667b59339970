package dev.approxlite.service.queue;

import dev.approxlite.service.queue.ServiceException.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Requests that wait, bounded in all and per app. The app that used the engine least is next (start-time fair queueing:
 * Goyal, Vin and Cheng 1996), so an app with dear inputs or many of them does not crowd out another. An app that comes
 * back begins where the others are, and so can neither save up time nor owe any. Not thread-safe: its owner locks.
 */
final class RequestQueue {
    private static final class App {
        final ArrayDeque<Request> waiting = new ArrayDeque<>();
        long usedNs;
        boolean running;
    }

    private final int most;
    private final int mostOfOneApp;
    private final Map<Integer, App> apps = new LinkedHashMap<>();
    private int size;
    private long virtualNs;

    /** most: requests in all; mostOfOneApp: of one uid, those that run included. */
    RequestQueue(int most, int mostOfOneApp) {
        this.most = most;
        this.mostOfOneApp = mostOfOneApp;
    }

    int size() {
        return size;
    }

    /** @throws ServiceException when it is full, or the app has its share */
    void add(Request request) throws ServiceException {
        App app = apps.computeIfAbsent(request.uid, uid -> new App());
        if (app.waiting.size() + (app.running ? 1 : 0) >= mostOfOneApp) {
            throw new ServiceException(
                    Reason.OVER_QUOTA, "uid " + request.uid + " has " + mostOfOneApp
                            + " requests under way; wait for answers");
        }
        if (size >= most) {
            forget(request.uid, app);
            throw new ServiceException(
                    Reason.QUEUE_FULL, "the service has " + most
                            + " requests waiting; compute in-process or try later");
        }
        if (app.waiting.isEmpty() && !app.running) {
            app.usedNs = Math.max(app.usedNs, virtualNs);
        }
        app.waiting.add(request);
        ++size;
    }

    /** The next one to run, which {@link #done} ends; null if none waits. */
    Request next() {
        App least = null;
        for (App each : apps.values()) {
            if (!each.waiting.isEmpty() && (least == null || each.usedNs < least.usedNs)) {
                least = each;
            }
        }
        if (least == null) {
            return null;
        }
        virtualNs = Math.max(virtualNs, least.usedNs);
        least.running = true;
        --size;
        return least.waiting.poll();
    }

    /** A request that was {@link #next} took the engine so long. */
    void done(Request request, long tookNs) {
        App app = apps.get(request.uid);
        app.running = false;
        app.usedNs += Math.max(tookNs, 1);
        forget(request.uid, app);
    }

    /** Takes out what a session that is no more left behind; null: everything. */
    List<Request> remove(Object session) {
        List<Request> removed = new ArrayList<>();
        for (Iterator<Map.Entry<Integer, App>> all = apps.entrySet().iterator(); all.hasNext(); ) {
            App app = all.next().getValue();
            app.waiting.removeIf(each -> (session == null || each.session == session) && removed.add(each));
            if (isIdle(app)) {
                all.remove();
            }
        }
        size -= removed.size();
        return removed;
    }

    /** Apps with requests, or a debt that the others have not caught up with yet. */
    int apps() {
        return apps.size();
    }

    private boolean isIdle(App app) {
        return app.waiting.isEmpty() && !app.running && app.usedNs <= virtualNs;
    }

    /** An app that waits for nothing and is not ahead of the others begins as a new one would. */
    private void forget(int uid, App app) {
        if (isIdle(app)) {
            apps.remove(uid);
        }
        if (size == 0) {
            apps.values().removeIf(each -> each.waiting.isEmpty() && !each.running);
        }
    }
}
