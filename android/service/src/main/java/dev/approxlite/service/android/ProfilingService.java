package dev.approxlite.service.android;

import android.app.Notification;
import android.app.NotificationChannel;
import android.app.NotificationManager;
import android.app.Service;
import android.content.Intent;
import android.os.Handler;
import android.os.IBinder;
import android.os.Looper;
import android.os.PowerManager;
import android.util.Log;
import dev.approxlite.service.profiling.Agent;
import dev.approxlite.service.profiling.ProfilingRun;

/**
 * Measures a plan in this app's process, as an app would be: {@code am start-foreground-service -n
 * dev.approxlite.service/.android.ProfilingService --es line "protocol=1 folder=... model=... engine=own runtime=own"}.
 * Folder and model lie in the app's external files folder, where the shell writes and nobody else. In the foreground
 * while it measures, and awake, so that the phone does not stop it; started by holders of {@code
 * android.permission.DUMP} alone.
 */
public final class ProfilingService extends Service {
    /** A start line as docs/agent-protocol.md has it. */
    public static final String EXTRA_LINE = "line";

    private static final String CHANNEL = "profiling";
    private static final String TAG = "approxlite";
    /** What the desk's watchdog lets an agent go on for by itself. */
    private static final long LONGEST_MS = 12 * 3600 * 1000L;

    private final Handler main = new Handler(Looper.getMainLooper());
    private volatile boolean interrupted;
    /** Used on the main thread alone, as what follows is. */
    private Thread running;
    private int newestStart;
    private ProfilingRun run;
    private AndroidPhone phone;
    /** Of the agent that ended last; -1 before. */
    volatile int lastStatus = -1;
    /** What it said. */
    volatile String lastWhy = "";

    @Override
    public int onStartCommand(Intent intent, int flags, int id) {
        showThatItMeasures();
        newestStart = id;
        String line = intent == null ? "" : String.valueOf(intent.getStringExtra(EXTRA_LINE));
        if (running != null && running.isAlive()) {
            run.turnAway(line);
            return START_NOT_STICKY;
        }
        phone = new AndroidPhone(this, ServiceHolder.of(this).monitor()::device);
        run = new ProfilingRun(getExternalFilesDir(null), phone, () -> interrupted);
        running = new Thread(
                () -> {
                    measure(line);
                    Thread ended = Thread.currentThread();
                    main.post(() -> stopAfter(ended));
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
        if (phone != null) {
            phone.wake();
        }
        super.onDestroy();
    }

    /** The start that came last is the one that stopping has to name, also where it was turned away. */
    private void stopAfter(Thread ended) {
        if (running == ended) {
            running = null;
            stopForeground(STOP_FOREGROUND_REMOVE);
            stopSelf(newestStart);
        }
    }

    private void measure(String line) {
        // With the screen off and no cable the processor would sleep between two blocks, and within them.
        PowerManager.WakeLock awake = getSystemService(PowerManager.class)
                .newWakeLock(PowerManager.PARTIAL_WAKE_LOCK, "approxlite:profiling");
        awake.acquire(LONGEST_MS);
        int status;
        try {
            status = run.run(line);
        } finally {
            if (awake.isHeld()) { // not after its time
                awake.release();
            }
        }
        lastWhy = run.why();
        lastStatus = status;
        if (status != Agent.DONE) {
            Log.w(TAG, "profiling ended with status " + status + ": " + run.why());
        }
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
