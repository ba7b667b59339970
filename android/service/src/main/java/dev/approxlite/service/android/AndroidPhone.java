package dev.approxlite.service.android;

import android.content.Context;
import android.content.Intent;
import android.content.IntentFilter;
import android.os.BatteryManager;
import android.os.Process;
import android.os.SystemClock;
import dev.approxlite.context.DeviceContext;
import dev.approxlite.service.profiling.Phone;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** What an app may read of this phone: the battery's gauge and temperature, thermal status, clocks. */
final class AndroidPhone implements Phone {
    private final Context app;
    private final BatteryManager battery;
    private final Supplier<DeviceContext> device;
    private boolean woken;

    AndroidPhone(Context app, Supplier<DeviceContext> device) {
        this.app = app;
        this.device = device;
        battery = app.getSystemService(BatteryManager.class);
    }

    @Override
    public int process() {
        return Process.myPid();
    }

    @Override
    public long bootNs() {
        return SystemClock.elapsedRealtimeNanos();
    }

    @Override
    public double timeS() {
        return System.currentTimeMillis() / 1e3;
    }

    @Override
    public synchronized void sleepUntil(long bootNs) {
        long ms = (bootNs - bootNs()) / 1_000_000;
        try {
            if (ms > 0 && !woken) {
                wait(ms);
            } else {
                Thread.yield();
            }
        } catch (InterruptedException asked) {
            woken = true;
        }
    }

    /** From now on nobody sleeps. */
    synchronized void wake() {
        woken = true;
        notifyAll();
    }

    @Override
    public Map<String, Double> temperatures() {
        int tenths = sticky().getIntExtra(BatteryManager.EXTRA_TEMPERATURE, Integer.MIN_VALUE);
        return tenths == Integer.MIN_VALUE ? Map.of() : Map.of("battery", tenths / 10.0);
    }

    @Override
    public int thermalStatus() {
        return device.get().thermalStatus();
    }

    @Override
    public float charge() {
        return device.get().battery();
    }

    @Override
    public int plugged() {
        return Integer.signum(sticky().getIntExtra(BatteryManager.EXTRA_PLUGGED, -1));
    }

    @Override
    public Map<String, Long> power() {
        Map<String, Long> readings = new LinkedHashMap<>();
        put(readings, "charge_counter", BatteryManager.BATTERY_PROPERTY_CHARGE_COUNTER);
        put(readings, "current_now", BatteryManager.BATTERY_PROPERTY_CURRENT_NOW);
        put(readings, "energy_now", BatteryManager.BATTERY_PROPERTY_ENERGY_COUNTER);
        int millivolts = sticky().getIntExtra(BatteryManager.EXTRA_VOLTAGE, 0);
        if (millivolts > 0) {
            readings.put("voltage_now", millivolts * 1000L); // microvolts, as in sysfs
        }
        return readings;
    }

    private void put(Map<String, Long> readings, String source, int property) {
        long value = battery.getLongProperty(property);
        if (value != Long.MIN_VALUE) {
            readings.put(source, value);
        }
    }

    private Intent sticky() {
        Intent last = app.registerReceiver(null, new IntentFilter(Intent.ACTION_BATTERY_CHANGED));
        return last == null ? new Intent() : last;
    }
}
