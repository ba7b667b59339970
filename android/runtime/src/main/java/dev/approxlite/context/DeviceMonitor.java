package dev.approxlite.context;

import android.content.BroadcastReceiver;
import android.content.Context;
import android.content.Intent;
import android.content.IntentFilter;
import android.os.BatteryManager;
import android.os.Build;
import android.os.PowerManager;
import android.os.SystemClock;
import java.io.Closeable;

/**
 * Tells a {@link DeviceContext} what this phone says: battery and power-save by broadcast, thermal status by listener
 * (Android 10), thermal headroom when asked for (Android 11). Register on the main thread; {@link #close} is idempotent.
 */
public final class DeviceMonitor implements Closeable {
    /** Android answers more frequent questions with NaN. */
    private static final long HEADROOM_EVERY_MS = 10_000;

    private final Context app;
    private final PowerManager power;
    private final DeviceContext device = new DeviceContext(SystemClock::elapsedRealtimeNanos);
    private final BroadcastReceiver receiver = new BroadcastReceiver() {
        @Override
        public void onReceive(Context context, Intent intent) {
            take(intent);
        }
    };
    private Object thermalListener;
    private long headroomAtMs = Long.MIN_VALUE / 2;
    private boolean closed;

    /** Starts at once. */
    public DeviceMonitor(Context context) {
        app = context.getApplicationContext();
        power = app.getSystemService(PowerManager.class);
        IntentFilter filter = new IntentFilter(Intent.ACTION_BATTERY_CHANGED);
        filter.addAction(PowerManager.ACTION_POWER_SAVE_MODE_CHANGED);
        take(app.registerReceiver(receiver, filter)); // both come from the system alone
        device.powerSave(power.isPowerSaveMode());
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) {
            listenToHeat();
        }
    }

    /** What is known, headroom asked for anew where it is due. */
    public DeviceContext device() {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) {
            askForHeadroom();
        }
        return device;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        app.unregisterReceiver(receiver);
        if (thermalListener != null) {
            stopListeningToHeat();
        }
    }

    private void take(Intent intent) {
        if (intent == null) {
            return; // no battery was ever seen
        }
        if (PowerManager.ACTION_POWER_SAVE_MODE_CHANGED.equals(intent.getAction())) {
            device.powerSave(power.isPowerSaveMode());
            return;
        }
        device.battery(
                intent.getIntExtra(BatteryManager.EXTRA_LEVEL, -1),
                intent.getIntExtra(BatteryManager.EXTRA_SCALE, -1),
                intent.getIntExtra(BatteryManager.EXTRA_PLUGGED, -1));
    }

    @NewerApi(29)
    private void listenToHeat() {
        PowerManager.OnThermalStatusChangedListener listener = device::thermalStatus;
        thermalListener = listener;
        device.thermalStatus(power.getCurrentThermalStatus());
        power.addThermalStatusListener(listener);
    }

    @NewerApi(29)
    private void stopListeningToHeat() {
        power.removeThermalStatusListener((PowerManager.OnThermalStatusChangedListener) thermalListener);
    }

    @NewerApi(30)
    private synchronized void askForHeadroom() {
        long now = SystemClock.elapsedRealtime();
        if (now - headroomAtMs >= HEADROOM_EVERY_MS) {
            headroomAtMs = now;
            device.thermalHeadroom(power.getThermalHeadroom(0));
        }
    }
}
