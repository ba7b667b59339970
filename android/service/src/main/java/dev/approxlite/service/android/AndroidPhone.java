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
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** What an app may read of this phone: the battery's gauge and temperature, power monitors, thermal status, clocks. */
final class AndroidPhone implements Phone {
    private static final Map<String, Integer> PROPERTIES = new TreeMap<>(Map.of(
            "charge_counter", BatteryManager.BATTERY_PROPERTY_CHARGE_COUNTER,
            "current_now", BatteryManager.BATTERY_PROPERTY_CURRENT_NOW,
            "energy_now", BatteryManager.BATTERY_PROPERTY_ENERGY_COUNTER));

    private final Context app;
    private final BatteryManager battery;
    private final Supplier<DeviceContext> device;
    private final PowerMonitors monitors;
    private final Map<String, Integer> told = new LinkedHashMap<>();
    private boolean woken;

    /** Asks each facility once; one that has nothing to tell is not asked again. */
    AndroidPhone(Context app, Supplier<DeviceContext> device) {
        this(app, device, PowerMonitors.of(app));
    }

    AndroidPhone(Context app, Supplier<DeviceContext> device, PowerMonitors monitors) {
        this.app = app;
        this.device = device;
        this.monitors = monitors;
        battery = app.getSystemService(BatteryManager.class);
        PROPERTIES.forEach((source, property) -> {
            if (battery.getLongProperty(property) != Long.MIN_VALUE) {
                told.put(source, property);
            }
        });
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
    public State state() {
        Intent told = sticky();
        DeviceContext now = device.get();
        int tenths = told.getIntExtra(BatteryManager.EXTRA_TEMPERATURE, Integer.MIN_VALUE);
        Map<String, Double> temperatures = tenths == Integer.MIN_VALUE ? Map.of() : Map.of("battery", tenths / 10.0);
        int plugged = Integer.signum(told.getIntExtra(BatteryManager.EXTRA_PLUGGED, -1));
        return new State(temperatures, now.thermalStatus(), now.thermalHeadroom(), now.battery(), plugged);
    }

    @Override
    public Map<String, Long> power() {
        Map<String, Long> readings = new LinkedHashMap<>();
        for (Map.Entry<String, Integer> each : told.entrySet()) {
            long value = battery.getLongProperty(each.getValue());
            if (value != Long.MIN_VALUE) {
                readings.put(each.getKey(), value);
            }
        }
        int millivolts = sticky().getIntExtra(BatteryManager.EXTRA_VOLTAGE, 0);
        if (millivolts > 0) {
            readings.put("voltage_now", millivolts * 1000L); // microvolts, as in sysfs
        }
        return readings;
    }

    @Override
    public List<Metered> metered() {
        return monitors.read();
    }

    @Override
    public Map<String, String> missing() {
        Map<String, String> missing = new LinkedHashMap<>();
        for (String each : PROPERTIES.keySet()) {
            if (!told.containsKey(each)) {
                missing.put(each, "the battery's gauge does not tell");
            }
        }
        if (!monitors.why().isEmpty()) {
            missing.put("power_monitor", monitors.why());
        }
        return missing;
    }

    private Intent sticky() {
        Intent last = app.registerReceiver(null, new IntentFilter(Intent.ACTION_BATTERY_CHANGED));
        return last == null ? new Intent() : last;
    }
}
