package dev.approxlite.service.android;

import android.app.Notification;
import android.app.NotificationChannel;
import android.app.NotificationManager;
import android.app.Service;
import android.content.Intent;
import android.os.IBinder;
import dev.approxlite.engine.EngineException;
import dev.approxlite.service.profiling.Agent;
import dev.approxlite.service.profiling.PlannedBlock.PlanException;
import dev.approxlite.service.profiling.Profiled;
import dev.approxlite.service.profiling.StartLine;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.ServiceLoader;

/**
 * Measures a plan in this app's process, as an app would be: {@code am start-foreground-service -n
 * dev.approxlite.service/.android.ProfilingService --es line "protocol=1 folder=... model=... engine=own runtime=own"}.
 * Folder and model lie in the app's external files folder, where the shell writes and nobody else. In the foreground
 * while it measures, so that the phone does not stop it; started by holders of {@code android.permission.DUMP} alone.
 */
public final class ProfilingService extends Service {
    /** A start line as docs/agent-protocol.md has it. */
    public static final String EXTRA_LINE = "line";

    private static final String CHANNEL = "profiling";

    private volatile boolean interrupted;
    private Thread running;
    /** Of the agent that ended last; -1 before. */
    volatile int lastStatus = -1;
    /** What it said. */
    volatile String lastWhy = "";

    @Override
    public int onStartCommand(Intent intent, int flags, int id) {
        showThatItMeasures();
        if (running != null && running.isAlive()) {
            return START_NOT_STICKY; // the desk finds one agent at work
        }
        String line = intent == null ? "" : String.valueOf(intent.getStringExtra(EXTRA_LINE));
        running = new Thread(
                () -> {
                    measure(line);
                    stopForeground(STOP_FOREGROUND_REMOVE);
                    stopSelf(id);
                },
                "approxlite-agent");
        running.start();
        return START_NOT_STICKY;
    }

    @Override
    public IBinder onBind(Intent intent) {
        return null;
    }

    @Override
    public void onDestroy() {
        interrupted = true;
        super.onDestroy();
    }

    private void measure(String line) {
        try {
            StartLine start = StartLine.parse(line);
            requireOwn(start);
            Path folder = within(start.folder());
            within(start.model());
            try (Profiled.Opened opened = installed().open(start)) {
                Agent agent = new Agent(
                        folder, opened.opening(), opened.runners(),
                        new AndroidPhone(this, ServiceHolder.of(this).monitor()::device), () -> interrupted);
                lastStatus = agent.run();
                lastWhy = agent.why();
            }
        } catch (PlanException | IOException problem) {
            lastStatus = Agent.UNUSABLE;
            lastWhy = problem.getMessage();
        } catch (EngineException problem) {
            lastStatus = Agent.CANNOT_RUN;
            lastWhy = problem.getMessage();
        }
    }

    private static void requireOwn(StartLine start) throws IOException {
        if (!start.engine().equals(StartLine.OWN) || !start.runtime().equals(StartLine.OWN)) {
            throw new IOException("start line: engine and runtime are the app's own here, engine=own runtime=own");
        }
    }

    /** A path of the desk's, which may not lead out of the folder that the shell and this app share. */
    private Path within(String path) throws IOException {
        File root = getExternalFilesDir(null);
        if (root == null) {
            throw new IOException("the external files folder is not there; is the storage mounted?");
        }
        File named = new File(path).getCanonicalFile();
        if (!named.toPath().startsWith(root.getCanonicalFile().toPath())) {
            throw new IOException("start line: " + path + " is not within " + root);
        }
        return named.toPath();
    }

    private static Profiled installed() throws EngineException {
        Iterator<Profiled> found = ServiceLoader.load(Profiled.class, Profiled.class.getClassLoader()).iterator();
        if (!found.hasNext()) {
            throw new EngineException(
                    EngineException.Reason.CANNOT_RUN, "no engine is in this APK; build it with the native library");
        }
        return found.next();
    }

    private void showThatItMeasures() {
        NotificationManager manager = getSystemService(NotificationManager.class);
        CharSequence text = getApplicationInfo().loadLabel(getPackageManager());
        manager.createNotificationChannel(new NotificationChannel(CHANNEL, text, NotificationManager.IMPORTANCE_LOW));
        startForeground(1, new Notification.Builder(this, CHANNEL)
                .setContentTitle(text)
                .setSmallIcon(android.R.drawable.stat_notify_sync)
                .build());
    }
}
