package dev.approxlite.service.android;

import android.content.ComponentName;
import android.content.Context;
import android.content.Intent;
import android.content.ServiceConnection;
import android.os.IBinder;
import android.os.RemoteException;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.policy.Policy;
import dev.approxlite.service.IInference;
import dev.approxlite.service.IReplies;
import dev.approxlite.service.client.Remote;
import dev.approxlite.service.queue.ServiceException;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The service across binder, bound as long as this lives; a new session after each of its deaths and each change of its
 * policy. The app's manifest needs {@link #PERMISSION}, and {@code queries} for the service's package.
 */
public final class BinderRemote implements Remote, ServiceConnection {
    /** What apps bind to. */
    public static final String ACTION = "dev.approxlite.service.INFERENCE";
    /** What apps need. */
    public static final String PERMISSION = "dev.approxlite.permission.INFERENCE";
    /** The app that brings the service, where nobody brings his own. */
    public static final String PACKAGE = "dev.approxlite.service";

    /** Nobody waits longer for one answer. */
    private static final long LONGEST_S = 10;
    /** The reason of a refusal comes on its own way, after the refusal or before it. */
    private static final long REFUSAL_S = 1;

    private record Outcome(long sequence, Answer answer, Reason reason, String message) {}

    private final Context app;
    private final Intent intent;
    private final String model;
    private final BlockingQueue<Outcome> outcomes = new ArrayBlockingQueue<>(16);
    private final IReplies replies = new IReplies.Stub() {
        @Override
        public void answered(
                long sequence, int rung, int candidate, int chosen, float chosenEvidence, int reason, float evidence,
                long latencyNs, int rungsRun) {
            Answer answer = new Answer(
                    rung, candidate, chosen, chosenEvidence, reason, evidence, latencyNs, rungsRun, false);
            outcomes.offer(new Outcome(sequence, answer, null, ""));
        }

        @Override
        public void failed(long sequence, int code, String message) {
            outcomes.offer(new Outcome(sequence, null, Reason.of(code), String.valueOf(message)));
        }
    };
    private final Object lock = new Object();
    private volatile IInference service;
    private volatile boolean closed;
    /** Guarded by lock: whether the owner's thread is at work on the tensors, which nobody unmaps then. */
    private boolean atWork;
    /** Guarded by lock. */
    private boolean bound;
    /** The owner's, or of whoever closes when that is not at work. */
    private TensorLink link;
    private long sequence;

    /**
     * Binds, which goes on in the background. A service that is not there, or may not be asked, is tried again with the
     * next input.
     *
     * @param servicePackage the app that brings the service, such as {@link #PACKAGE}
     * @param model SHA-256 of this app's model, in hexadecimal digits: the service answers only while it follows a
     *     policy for it
     */
    public BinderRemote(Context context, String servicePackage, String model) {
        app = context.getApplicationContext();
        intent = new Intent(ACTION).setPackage(servicePackage);
        this.model = model;
        try {
            bind();
        } catch (SecurityException refused) {
            // the next input is told
        }
    }

    @Override
    public void onServiceConnected(ComponentName name, IBinder binder) {
        service = IInference.Stub.asInterface(binder);
    }

    @Override
    public void onServiceDisconnected(ComponentName name) {
        service = null;
        end("the service's process died");
    }

    @Override
    public void onBindingDied(ComponentName name) {
        onServiceDisconnected(name);
        unbind(); // it never comes back by itself; the next input binds again
    }

    /** Whether the service is there; until then it is as if it were dead. */
    public boolean isThere() {
        return service != null;
    }

    @Override
    public Answer ask(ByteBuffer input, ByteBuffer output, float deadlineMs) throws ServiceException {
        begin();
        try {
            try {
                return askOnce(input, output, deadlineMs);
            } catch (ServiceException problem) {
                if (problem.reason() != Reason.POLICY_CHANGED) {
                    throw problem;
                }
            }
            return askOnce(input, output, deadlineMs);
        } finally {
            done();
        }
    }

    @Override
    public Policy policy() {
        TensorLink last = link;
        return last == null ? null : last.policy;
    }

    @Override
    public GuardStatus guard() throws ServiceException {
        begin();
        try {
            if (link == null) {
                throw new ServiceException(Reason.CLOSED, "the service was not asked yet");
            }
            long[] counts = link.session.guard();
            if (counts.length < 4) {
                throw new ServiceException(Reason.of((int) -counts[0]), "the service does not tell of its guard");
            }
            return new GuardStatus(
                    (int) counts[0], counts[1], counts[2], counts[3], Double.NaN, Double.NaN, new byte[0]);
        } catch (RemoteException | RuntimeException problem) {
            throw failed(problem);
        } finally {
            done();
        }
    }

    @Override
    public void close() {
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
        }
        unbind();
        end("this client is closed");
        synchronized (lock) {
            if (!atWork) {
                forget();
            }
        }
    }

    private void begin() throws ServiceException {
        synchronized (lock) {
            if (closed) {
                throw new ServiceException(Reason.CLOSED, "this client is closed");
            }
            atWork = true;
        }
    }

    private void done() {
        synchronized (lock) {
            atWork = false;
            if (closed) {
                forget();
            }
        }
    }

    private Answer askOnce(ByteBuffer input, ByteBuffer output, float deadlineMs) throws ServiceException {
        try {
            if (link == null || !link.fits(input.capacity(), output.capacity())) {
                forget();
                open(input.capacity(), output.capacity());
            }
            link.put(input);
            outcomes.clear(); // of requests that nobody waits for any more
            link.session.submit(++sequence, link.region, 0, link.outputAt, deadlineMs);
            Outcome outcome = await();
            if (outcome.reason != null) {
                throw new ServiceException(outcome.reason, outcome.message);
            }
            link.get(output);
            return outcome.answer;
        } catch (ServiceException problem) {
            if (problem.reason() == Reason.CLOSED || problem.reason() == Reason.POLICY_CHANGED) {
                forget();
            }
            throw problem;
        } catch (RemoteException | RuntimeException problem) {
            throw failed(problem);
        }
    }

    /** What binder throws, which may be anything that the other side threw. */
    private ServiceException failed(Exception problem) {
        forget();
        Reason reason = problem instanceof SecurityException ? Reason.NOT_PERMITTED : Reason.CLOSED;
        return new ServiceException(reason, String.valueOf(problem.getMessage()));
    }

    private Outcome await() throws ServiceException {
        try {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_S);
            while (!closed) {
                Outcome next = outcomes.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (next == null || next.sequence == sequence || next.sequence < 0) {
                    return next != null ? next : new Outcome(-1, null, Reason.CLOSED,
                            "the service did not answer within " + LONGEST_S + " s");
                }
            }
        } catch (InterruptedException asked) {
            Thread.currentThread().interrupt();
        }
        throw new ServiceException(Reason.CLOSED, "this client is closed");
    }

    private void open(int inputBytes, int outputBytes) throws RemoteException, ServiceException {
        bind();
        IInference there = service;
        if (there == null) {
            throw new ServiceException(Reason.CLOSED, "the service is not there");
        }
        outcomes.clear();
        var session = there.openFor(replies, model);
        if (session == null) {
            throw refusal();
        }
        link = TensorLink.open(session, inputBytes, outputBytes);
    }

    private ServiceException refusal() {
        Outcome why = null;
        try {
            why = outcomes.poll(REFUSAL_S, TimeUnit.SECONDS);
        } catch (InterruptedException asked) {
            Thread.currentThread().interrupt();
        }
        return why == null || why.reason == null
                ? new ServiceException(Reason.CLOSED, "the service opens no session")
                : new ServiceException(why.reason, why.message);
    }

    /** @throws SecurityException if this app may not ask the service */
    private void bind() {
        synchronized (lock) {
            if (bound || closed) {
                return;
            }
            try {
                bound = app.bindService(intent, this, Context.BIND_AUTO_CREATE | Context.BIND_IMPORTANT);
            } finally {
                if (!bound) {
                    app.unbindService(this); // the system remembers the attempt, too
                }
            }
        }
    }

    private void unbind() {
        synchronized (lock) {
            service = null;
            if (bound) {
                bound = false;
                app.unbindService(this);
            }
        }
    }

    /** Whoever waits hears of it. */
    private void end(String why) {
        outcomes.clear(); // for there may be no room
        outcomes.offer(new Outcome(-1, null, Reason.CLOSED, why));
    }

    private void forget() {
        TensorLink last = link;
        link = null;
        if (last != null) {
            last.close();
        }
    }
}
