package dev.approxlite.service.android;

import android.content.ComponentName;
import android.content.Context;
import android.content.Intent;
import android.content.ServiceConnection;
import android.os.IBinder;
import android.os.RemoteException;
import android.os.SharedMemory;
import android.system.ErrnoException;
import dev.approxlite.engine.Answer;
import dev.approxlite.service.IInference;
import dev.approxlite.service.IReplies;
import dev.approxlite.service.ISession;
import dev.approxlite.service.client.Remote;
import dev.approxlite.service.engine.EngineHost;
import dev.approxlite.service.queue.ServiceException;
import dev.approxlite.service.queue.ServiceException.Reason;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** The service across binder, bound as long as this lives; a new session after each of its deaths. */
public final class BinderRemote implements Remote, ServiceConnection {
    /** Nobody waits longer for one answer. */
    private static final long LONGEST_S = 10;

    private record Outcome(long sequence, Answer answer, Reason reason, String message) {}

    private final Context app;
    private final BlockingQueue<Outcome> outcomes = new ArrayBlockingQueue<>(16);
    private final IReplies replies = new IReplies.Stub() {
        @Override
        public void answered(
                long sequence, int rung, int candidate, int chosen, float chosenEvidence, int reason, float evidence,
                long latencyNs) {
            Answer answer = new Answer(rung, candidate, chosen, chosenEvidence, reason, evidence, latencyNs, false);
            outcomes.offer(new Outcome(sequence, answer, null, ""));
        }

        @Override
        public void failed(long sequence, int code, String message) {
            outcomes.offer(new Outcome(sequence, null, Reason.of(code), String.valueOf(message)));
        }
    };
    private volatile IInference service;
    private ISession session;
    private SharedMemory memory;
    private ByteBuffer mapped;
    private int region;
    private int outputAt;
    private long sequence;

    /** servicePackage: the app that brings the service. Binding goes on in the background. */
    public BinderRemote(Context context, String servicePackage) {
        app = context.getApplicationContext();
        Intent intent = new Intent(InferenceService.ACTION).setPackage(servicePackage);
        app.bindService(intent, this, Context.BIND_AUTO_CREATE | Context.BIND_IMPORTANT);
    }

    @Override
    public void onServiceConnected(ComponentName name, IBinder binder) {
        service = IInference.Stub.asInterface(binder);
    }

    @Override
    public void onServiceDisconnected(ComponentName name) {
        service = null;
        outcomes.offer(new Outcome(-1, null, Reason.CLOSED, "the service's process died"));
    }

    /** Whether the service is there; until then it is as if it were dead. */
    public boolean isThere() {
        return service != null;
    }

    @Override
    public Answer ask(ByteBuffer input, ByteBuffer output, float deadlineMs) throws ServiceException {
        try {
            if (session == null) {
                open(input.capacity(), output.capacity());
            }
            mapped.duplicate().put(input.duplicate());
            outcomes.clear(); // of requests that nobody waits for any more
            session.submit(++sequence, region, 0, outputAt, deadlineMs);
            Outcome outcome = await();
            if (outcome.reason != null) {
                throw new ServiceException(outcome.reason, outcome.message);
            }
            Buffer answer = mapped.duplicate(); // as a Buffer, for Android 8 has none of ByteBuffer's own position
            answer.position(outputAt).limit(outputAt + output.capacity());
            output.duplicate().put((ByteBuffer) answer);
            return outcome.answer;
        } catch (RemoteException | SecurityException | ErrnoException problem) {
            forget();
            throw new ServiceException(
                    problem instanceof SecurityException ? Reason.NOT_PERMITTED : Reason.CLOSED, ""
                            + problem.getMessage());
        } catch (ServiceException problem) {
            if (problem.reason() == Reason.CLOSED) {
                forget();
            }
            throw problem;
        }
    }

    @Override
    public void close() {
        app.unbindService(this);
        forget();
    }

    private Outcome await() throws ServiceException {
        try {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_S);
            Outcome next = outcomes.poll(LONGEST_S, TimeUnit.SECONDS);
            while (next != null) {
                if (next.sequence == sequence || next.sequence < 0) {
                    return next;
                }
                next = outcomes.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException asked) {
            Thread.currentThread().interrupt();
        }
        throw new ServiceException(Reason.CLOSED, "the service did not answer within " + LONGEST_S + " s");
    }

    private void open(int inputBytes, int outputBytes) throws RemoteException, ErrnoException, ServiceException {
        IInference bound = service;
        ISession opened = bound == null ? null : bound.open(replies);
        if (opened == null) {
            throw new ServiceException(Reason.CLOSED, "the service is not there, or opens no session");
        }
        outputAt = (inputBytes + EngineHost.ALIGNMENT - 1) / EngineHost.ALIGNMENT * EngineHost.ALIGNMENT;
        memory = SharedMemory.create("approxlite-tensors", outputAt + outputBytes);
        mapped = memory.mapReadWrite();
        session = opened;
        region = opened.attach(memory);
        if (region < 0) {
            throw new ServiceException(Reason.of(-region), "the service does not take the memory");
        }
    }

    private void forget() {
        try {
            if (session != null) {
                session.close();
            }
        } catch (RemoteException dead) {
            // with it, its session
        }
        session = null;
        if (mapped != null) {
            SharedMemory.unmap(mapped);
            memory.close();
            mapped = null;
        }
    }
}
