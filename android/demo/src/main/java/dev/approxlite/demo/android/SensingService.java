package dev.approxlite.demo.android;

import android.app.Notification;
import android.app.NotificationChannel;
import android.app.NotificationManager;
import android.app.PendingIntent;
import android.app.Service;
import android.content.Context;
import android.content.Intent;
import android.content.pm.ServiceInfo;
import android.os.Build;
import android.os.IBinder;
import android.os.PowerManager;
import dev.approxlite.context.NewerApi;
import dev.approxlite.demo.R;

/**
 * Holds the foreground while a task goes on unseen, so that Android leaves it the sensor: the microphone under type
 * {@code microphone}, the accelerometer under {@code health}. It is started while the activity is seen, which Android
 * asks for, and ends by its notification, by the activity, or with the process, after which it does not come back by
 * itself. All of it on the main thread.
 */
public final class SensingService extends Service {
    /** A task that goes on, and who hears that it was ended from the notification. */
    record Kept(Task task, LiveTask live, Runnable ended) {}

    /** Ends it. */
    static final String STOP = "dev.approxlite.demo.STOP";

    private static final String CHANNEL = "sensing";
    private static final int NOTIFICATION = 1;
    private static final int API_30 = 30;
    private static final int API_34 = 34;

    /** Until 14 there is no type for health, and any may be left out. */
    private static final int NO_TYPE = 0;

    private static Kept kept;

    private PowerManager.WakeLock awake;

    /** What goes on whether it is seen or not; null: nothing. */
    static Kept kept() {
        return kept;
    }

    /** From now on the task goes on unseen; its caller is seen. ended: where it was not the caller who ended it. */
    static void keep(Context context, Task task, LiveTask live, Runnable ended) {
        kept = new Kept(task, live, ended);
        context.startForegroundService(new Intent(context, SensingService.class));
    }

    /** Who is told from now on; there is something kept. */
    static void tell(Runnable ended) {
        kept = new Kept(kept.task(), kept.live(), ended);
    }

    /** The task is the caller's alone again, who is seen. */
    static void release(Context context) {
        kept = null;
        // Not stopService: one that was just asked for has to show itself before it ends, or Android ends the app.
        context.startService(new Intent(context, SensingService.class));
    }

    @Override
    public int onStartCommand(Intent intent, int flags, int id) {
        show();
        if (intent != null && STOP.equals(intent.getAction())) {
            end();
        }
        // The microphone keeps the processor awake by itself; what the accelerometer measures in its sleep is lost.
        stayAwake(kept != null && kept.task() == Task.ACTIVITY);
        if (kept == null) {
            stopForeground(STOP_FOREGROUND_REMOVE);
            stopSelf(id);
        }
        return START_NOT_STICKY;
    }

    @Override
    public IBinder onBind(Intent intent) {
        return null;
    }

    @Override
    public void onDestroy() {
        stayAwake(false);
        super.onDestroy();
    }

    private static void end() {
        Kept last = kept;
        kept = null;
        if (last != null) {
            if (!last.live().isHeard()) {
                last.live().stop();
            }
            last.ended().run();
        }
    }

    private void stayAwake(boolean wanted) {
        if (wanted && awake == null) {
            PowerManager power = getSystemService(PowerManager.class);
            awake = power.newWakeLock(PowerManager.PARTIAL_WAKE_LOCK, "approxlite:sensing");
            awake.acquire();
        } else if (!wanted && awake != null) {
            awake.release();
            awake = null;
        }
    }

    private void show() {
        NotificationManager manager = getSystemService(NotificationManager.class);
        String title = getString(R.string.background_title);
        manager.createNotificationChannel(new NotificationChannel(CHANNEL, title, NotificationManager.IMPORTANCE_LOW));
        int what = kept == null ? 0 : kept.task().ordinal();
        PendingIntent stop = PendingIntent.getService(
                this, 0, new Intent(this, SensingService.class).setAction(STOP), PendingIntent.FLAG_IMMUTABLE);
        PendingIntent open = PendingIntent.getActivity(
                this, 0, new Intent(this, MainActivity.class), PendingIntent.FLAG_IMMUTABLE);
        Notification.Builder notification = new Notification.Builder(this, CHANNEL)
                .setContentTitle(title)
                .setContentText(getResources().getStringArray(R.array.tasks)[what])
                .setSmallIcon(R.drawable.sensing)
                .setOngoing(true)
                .setContentIntent(open)
                .addAction(new Notification.Action.Builder(null, getString(R.string.background_stop), stop).build());
        if (Build.VERSION.SDK_INT >= API_30) {
            startTyped(notification.build());
        } else {
            startForeground(NOTIFICATION, notification.build());
        }
    }

    @NewerApi(API_30)
    private void startTyped(Notification notification) {
        int type = ServiceInfo.FOREGROUND_SERVICE_TYPE_MICROPHONE;
        if (kept == null || kept.task() != Task.KEYWORD) {
            type = Build.VERSION.SDK_INT >= API_34 ? health() : NO_TYPE;
        }
        startForeground(NOTIFICATION, notification, type);
    }

    @NewerApi(API_34)
    private static int health() {
        return ServiceInfo.FOREGROUND_SERVICE_TYPE_HEALTH;
    }
}
