package dev.approxlite.service.android;

import android.os.Binder;
import android.os.IBinder;
import android.os.RemoteException;
import android.os.SharedMemory;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.service.ISession;
import dev.approxlite.service.access.ClientSession;
import dev.approxlite.service.queue.ServiceException;
import java.util.concurrent.atomic.AtomicBoolean;

/** A client's session across binder; its process's death closes it. */
final class SessionBinder extends ISession.Stub implements IBinder.DeathRecipient {
    private final ClientSession session;
    private final Answers answers;
    private final AtomicBoolean linked = new AtomicBoolean();

    private SessionBinder(ClientSession session, Answers answers) {
        this.session = session;
        this.answers = answers;
    }

    /** Null if the client died before. */
    static SessionBinder open(ClientSession session, Answers answers) {
        SessionBinder binder = new SessionBinder(session, answers);
        try {
            answers.replies.asBinder().linkToDeath(binder, 0);
            binder.linked.set(true);
            return binder;
        } catch (RemoteException dead) {
            session.close();
            return null;
        }
    }

    @Override
    public void binderDied() {
        linked.set(false);
        session.close();
    }

    @Override
    public int[] tensorBytes() {
        requireOwner();
        try {
            return session.tensorBytes();
        } catch (ServiceException refused) {
            return new int[] {-refused.reason().code()};
        }
    }

    @Override
    public byte[] policy() {
        requireOwner();
        return session.policy();
    }

    @Override
    public long[] guard() {
        requireOwner();
        try {
            GuardStatus guard = session.guard();
            return new long[] {guard.alarm(), guard.answers(), guard.canaries(), guard.disagreements()};
        } catch (ServiceException refused) {
            return new long[] {-refused.reason().code()};
        }
    }

    @Override
    public int attach(SharedMemory memory) {
        requireOwner();
        try {
            return session.attach(new SharedRegion(memory));
        } catch (ServiceException refused) {
            return -refused.reason().code();
        }
    }

    @Override
    public void submit(long sequence, int region, int inputOffset, int outputOffset, float deadlineMs) {
        requireOwner();
        try {
            session.submit(sequence, region, inputOffset, outputOffset, deadlineMs, answers);
        } catch (ServiceException refused) {
            answers.failed(sequence, refused.reason(), refused.getMessage());
        }
    }

    @Override
    public void close() {
        requireOwner();
        if (linked.getAndSet(false)) { // once: binder refuses a link that is no more
            answers.replies.asBinder().unlinkToDeath(this, 0);
        }
        session.close();
    }

    /** A binder can be handed on; the session is its app's alone. */
    private void requireOwner() {
        if (Binder.getCallingUid() != session.uid()) {
            throw new SecurityException("this session belongs to another app");
        }
    }
}
