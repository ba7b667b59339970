package dev.approxlite.service.android;

import android.content.ComponentName;
import android.content.Context;
import android.content.Intent;
import android.content.ServiceConnection;
import android.os.IBinder;
import android.os.ParcelFileDescriptor;
import android.os.RemoteException;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.EngineException.Reason;
import dev.approxlite.policy.Policy;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.service.EngineReply;
import dev.approxlite.service.IEngine;
import dev.approxlite.service.IEngineHost;
import dev.approxlite.service.engine.EngineLauncher;
import dev.approxlite.service.engine.EngineProcess;
import dev.approxlite.service.policy.ModelFolder;
import dev.approxlite.storage.DurableFile;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Binds to {@link EngineService}, whose process the system starts anew after a death. Not for the main thread. */
final class EngineBinding implements EngineLauncher, ServiceConnection {
    private static final int CONNECT_S = 10;

    private final Context app;
    private final ModelFolder models;
    private volatile IEngineHost host;
    private CountDownLatch connected = new CountDownLatch(1);
    private boolean bound;
    private volatile int numerics = -1;

    EngineBinding(Context app, ModelFolder models) {
        this.app = app;
        this.models = models;
    }

    @Override
    public void onServiceConnected(ComponentName name, IBinder binder) {
        CountDownLatch waiting;
        synchronized (this) {
            host = IEngineHost.Stub.asInterface(binder);
            waiting = connected;
        }
        waiting.countDown();
    }

    @Override
    public synchronized void onServiceDisconnected(ComponentName name) {
        host = null;
        connected = new CountDownLatch(1);
    }

    @Override
    public EngineProcess launch(PolicyArchive policy, byte[] guardState) throws EngineException {
        IEngineHost ready = connect();
        EngineReply reply = new EngineReply();
        ParcelFileDescriptor[] files = new ParcelFileDescriptor[policy.policy().models().size()];
        try (ParcelFileDescriptor archive = file(policy)) {
            List<Policy.ModelReference> named = policy.policy().models();
            for (int i = 0; i < files.length; ++i) {
                files[i] = ParcelFileDescriptor.open(
                        models.file(named.get(i).sha256()).toFile(), ParcelFileDescriptor.MODE_READ_ONLY);
            }
            IEngine engine = ready.open(archive, files, guardState == null ? new byte[0] : guardState, reply);
            EngineConnection.throwIfFailed(reply);
            return new EngineConnection(engine, () -> {});
        } catch (RemoteException dead) {
            throw new EngineException(Reason.DIED, "the engine's process died");
        } catch (IOException problem) {
            throw new EngineException(Reason.CANNOT_RUN, "a file cannot be opened: " + problem.getMessage());
        } finally {
            for (ParcelFileDescriptor each : files) {
                closeQuietly(each);
            }
        }
    }

    int numericsVersion() throws EngineException {
        try {
            numerics = connect().numericsVersion();
            return numerics;
        } catch (RemoteException dead) {
            throw new EngineException(Reason.DIED, "the engine's process died");
        }
    }

    /** What an engine told of its numerics version; negative before one did. */
    int knownNumericsVersion() {
        return numerics;
    }

    synchronized void unbind() {
        if (bound) {
            bound = false;
            app.unbindService(this);
        }
    }

    private IEngineHost connect() throws EngineException {
        CountDownLatch waiting;
        synchronized (this) {
            if (!bound) {
                Intent intent = new Intent(app, EngineService.class);
                bound = app.bindService(intent, this, Context.BIND_AUTO_CREATE | Context.BIND_IMPORTANT);
            }
            waiting = connected;
        }
        try {
            waiting.await(CONNECT_S, TimeUnit.SECONDS);
        } catch (InterruptedException asked) {
            Thread.currentThread().interrupt();
        }
        IEngineHost ready = host;
        if (ready == null) {
            throw new EngineException(Reason.DIED, "the engine's process did not start within " + CONNECT_S + " s");
        }
        return ready;
    }

    /** The archive for another process, which cannot open our files: written, opened, and unlinked at once. */
    private ParcelFileDescriptor file(PolicyArchive policy) throws IOException {
        File staged = new File(app.getCacheDir(), policy.sha256() + ".staged");
        DurableFile.replace(staged.toPath(), policy.bytes());
        ParcelFileDescriptor opened = ParcelFileDescriptor.open(staged, ParcelFileDescriptor.MODE_READ_ONLY);
        Files.deleteIfExists(staged.toPath());
        return opened;
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
