package dev.approxlite.service.android;

import android.app.Service;
import android.content.Context;
import android.content.Intent;
import android.content.pm.PackageManager;
import android.os.Binder;
import android.os.IBinder;
import dev.approxlite.service.IInference;
import dev.approxlite.service.IReplies;
import dev.approxlite.service.ISession;
import dev.approxlite.service.access.ClientSessions;
import dev.approxlite.service.queue.ServiceException;

/**
 * Answers several apps from one engine. Bound by action {@link #ACTION}, which the system lets holders of {@link
 * #PERMISSION} alone do; opening a session asks for the permission again, in case a binder was handed on, and a session
 * is its app's alone: calls of another uid are refused.
 */
public final class InferenceService extends Service {
    /** What apps bind to. */
    public static final String ACTION = BinderRemote.ACTION;
    /** What apps need. */
    public static final String PERMISSION = BinderRemote.PERMISSION;

    private static final int VERSION = 1;

    private final IInference.Stub binder = new IInference.Stub() {
        @Override
        public int version() {
            return VERSION;
        }

        @Override
        public ISession open(IReplies replies) {
            return openSession(replies, null, Binder.getCallingPid(), Binder.getCallingUid());
        }

        @Override
        public ISession openFor(IReplies replies, String model) {
            return openSession(replies, String.valueOf(model), Binder.getCallingPid(), Binder.getCallingUid());
        }
    };

    @Override
    public void onCreate() {
        super.onCreate();
        ServiceHolder.of(this); // the policy is read before the first client comes
    }

    @Override
    public IBinder onBind(Intent intent) {
        return binder;
    }

    /** model: null for whatever is followed. */
    private ISession openSession(IReplies replies, String model, int pid, int uid) {
        if (replies == null) {
            throw new IllegalArgumentException("replies: a session without them tells nobody anything");
        }
        requirePermission(this, PERMISSION, pid, uid, "open a session");
        Answers answers = new Answers(replies);
        try {
            ClientSessions sessions = ServiceHolder.of(this).core().sessions();
            return SessionBinder.open(model == null ? sessions.open(uid) : sessions.open(uid, model), answers);
        } catch (ServiceException refused) {
            answers.failed(-1, refused.reason(), refused.getMessage());
            return null;
        }
    }

    /** @throws SecurityException unless the caller holds the permission; it is then written down */
    static void requirePermission(Context context, String permission, int pid, int uid, String what) {
        try {
            ServiceHolder.of(context).core().callers().require(permission, pid, uid, what);
        } catch (ServiceException refused) {
            throw new SecurityException(refused.getMessage());
        }
    }

    /** As the system sees it now. */
    static boolean holds(Context context, String permission, int pid, int uid) {
        return context.checkPermission(permission, pid, uid) == PackageManager.PERMISSION_GRANTED;
    }
}
