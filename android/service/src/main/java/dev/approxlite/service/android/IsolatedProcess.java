package dev.approxlite.service.android;

import android.content.ComponentName;
import android.content.Context;
import android.content.Intent;
import android.content.ServiceConnection;
import android.os.Build;
import android.os.IBinder;
import android.os.ParcelFileDescriptor;
import android.os.RemoteException;
import dev.approxlite.context.NewerApi;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.EngineException.Reason;
import dev.approxlite.engine.Kernels;
import dev.approxlite.policy.Policy;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyStore;
import dev.approxlite.service.EngineReply;
import dev.approxlite.service.IEngine;
import dev.approxlite.service.IEngineHost;
import dev.approxlite.service.ServiceCore;
import dev.approxlite.service.engine.EngineProcess;
import dev.approxlite.service.engine.Watchdog;
import dev.approxlite.service.policy.ModelFolder;
import dev.approxlite.storage.DurableFile;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One process of {@link EngineService}, from its binding to its end. It is never used twice: unbinding it is what ends
 * it, for the system kills an isolated process that nothing is bound to, also one that hangs. A process that died is
 * unbound at once, so that the system starts no other in its place. Thread-safe.
 */
final class IsolatedProcess implements ServiceConnection, Closeable {
    /** For the policy that is followed, or for one that is tried. */
    enum Use {
        ENGINE, TRIAL
    }

    /** A call across binder. */
    interface Call<T> {
        T run() throws RemoteException;
    }

    static final int CONNECT_S = 10;
    /** Models made ready and probes run, of at most 16 rungs. */
    static final int OPEN_S = 40;
    /** Every other call. */
    static final int CALL_S = 20;

    private final Context app;
    private final Watchdog watchdog;
    private final CountDownLatch settled = new CountDownLatch(1);
    private volatile IEngineHost host;
    private volatile boolean hung;
    private boolean bound;
    private volatile boolean closed;

    private IsolatedProcess(Context app, Watchdog watchdog) {
        this.app = app;
        this.watchdog = watchdog;
    }

    /**
     * Starts one and waits for it; not on the main thread, which binding needs.
     *
     * @throws EngineException with {@link Reason#DIED} if it does not start
     */
    static IsolatedProcess start(Context app, Use use, Watchdog watchdog) throws EngineException {
        IsolatedProcess process = new IsolatedProcess(app, watchdog);
        try {
            process.bind(use);
            process.settled.await(CONNECT_S, TimeUnit.SECONDS);
        } catch (InterruptedException asked) {
            Thread.currentThread().interrupt();
        } catch (SecurityException refused) {
            process.close();
            throw new EngineException(Reason.DIED, "the engine's process may not be started: " + refused.getMessage());
        }
        if (process.host == null) {
            process.close();
            throw new EngineException(Reason.DIED, "the engine's process did not start within " + CONNECT_S + " s");
        }
        return process;
    }

    /** An instance of its own for what is tried, or before Android 10, which has none, a service of its own. */
    private synchronized void bind(Use use) {
        bound = true; // also where it is refused, unbinding is asked for
        boolean found;
        if (use == Use.ENGINE) {
            found = app.bindService(
                    new Intent(app, EngineService.class), this, Context.BIND_AUTO_CREATE | Context.BIND_IMPORTANT);
        } else if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) {
            found = bindInstance("trial");
        } else {
            found = app.bindService(new Intent(app, TrialService.class), this, Context.BIND_AUTO_CREATE);
        }
        if (!found) {
            settled.countDown();
        }
    }

    @NewerApi(Build.VERSION_CODES.Q)
    private boolean bindInstance(String name) {
        return app.bindIsolatedService(
                new Intent(app, EngineService.class), Context.BIND_AUTO_CREATE, name, Runnable::run, this);
    }

    @Override
    public void onServiceConnected(ComponentName name, IBinder binder) {
        synchronized (this) {
            host = closed ? null : IEngineHost.Stub.asInterface(binder);
        }
        settled.countDown();
    }

    @Override
    public void onServiceDisconnected(ComponentName name) {
        close();
    }

    @Override
    public void onBindingDied(ComponentName name) {
        close();
    }

    @Override
    public void onNullBinding(ComponentName name) {
        close();
    }

    /** What it computes with. */
    Kernels kernels() throws EngineException {
        return call(CALL_S, () -> new Kernels(host.numericsVersion(), host.kernelVariant()));
    }

    /** Makes a policy's models ready and checks its probes; closing the engine ends this process. */
    EngineProcess open(PolicyArchive policy, ModelFolder models, byte[] guardState) throws EngineException {
        ParcelFileDescriptor[] files = new ParcelFileDescriptor[policy.policy().models().size()];
        try (ParcelFileDescriptor archive = file(policy)) {
            List<Policy.ModelReference> named = policy.policy().models();
            for (int i = 0; i < files.length; ++i) {
                files[i] = ParcelFileDescriptor.open(
                        models.file(named.get(i).sha256()).toFile(), ParcelFileDescriptor.MODE_READ_ONLY);
            }
            EngineReply reply = new EngineReply();
            byte[] state = guardState == null ? new byte[0] : guardState;
            IEngine engine = call(OPEN_S, () -> host.open(archive, files, state, reply));
            EngineConnection.throwIfFailed(reply);
            if (engine == null) { // the other side threw what binder does not carry
                throw new EngineException(Reason.CANNOT_RUN, "the engine's process gave no engine");
            }
            return new EngineConnection(engine, this);
        } catch (IOException problem) {
            throw new EngineException(Reason.CANNOT_RUN, "a file cannot be opened: " + problem.getMessage());
        } finally {
            for (ParcelFileDescriptor each : files) {
                closeQuietly(each);
            }
        }
    }

    /**
     * Calls into the process.
     *
     * @param limitS after which the process is ended
     * @throws EngineException with {@link Reason#DIED} if it is no more, or was ended; {@link Reason#CANNOT_RUN} if it
     *     threw something
     */
    <T> T call(int limitS, Call<T> call) throws EngineException {
        Watchdog.Call watched = watchdog.begin(1000L * limitS, () -> {
            hung = true;
            close();
        });
        try {
            return call.run();
        } catch (RemoteException gone) {
            throw new EngineException(
                    Reason.DIED, hung ? "the engine's process did not answer within " + limitS + " s and was ended"
                            : "the engine's process died");
        } catch (RuntimeException carried) { // what the other side threw, as AIDL gives it on
            throw new EngineException(Reason.CANNOT_RUN, "the engine's process failed: " + carried);
        } finally {
            watched.done();
        }
    }

    /** False once the system told of its death, as it tells the binder before the main thread, or it was closed. */
    boolean isAlive() {
        IEngineHost there = host;
        return !closed && there != null && there.asBinder().isBinderAlive();
    }

    /** Ends the process, and with it every call under way; idempotent. */
    @Override
    public void close() {
        boolean unbind;
        synchronized (this) {
            closed = true;
            unbind = bound;
            bound = false;
        }
        settled.countDown();
        if (unbind) {
            app.unbindService(this);
        }
    }

    /**
     * The archive for another process, which cannot open our files: the store's, which takes no room, or of one that it
     * has not taken yet a copy, opened and unlinked at once.
     */
    private ParcelFileDescriptor file(PolicyArchive policy) throws IOException {
        File kept = PolicyStore.file(ServiceCore.policies(app.getFilesDir().toPath()), policy).toFile();
        if (kept.exists()) {
            return ParcelFileDescriptor.open(kept, ParcelFileDescriptor.MODE_READ_ONLY);
        }
        File staged = File.createTempFile("policy", ".staged", app.getCacheDir());
        try {
            DurableFile.replace(staged.toPath(), policy.bytes());
            return ParcelFileDescriptor.open(staged, ParcelFileDescriptor.MODE_READ_ONLY);
        } finally {
            Files.deleteIfExists(staged.toPath());
        }
    }

    private static void closeQuietly(ParcelFileDescriptor file) {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException closed) {
            // it is
        }
    }
}
