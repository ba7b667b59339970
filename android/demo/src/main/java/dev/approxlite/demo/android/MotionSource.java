package dev.approxlite.demo.android;

import android.content.Context;
import android.hardware.Sensor;
import android.hardware.SensorEvent;
import android.hardware.SensorEventListener;
import android.hardware.SensorManager;
import android.os.Handler;
import dev.approxlite.demo.live.Source;
import dev.approxlite.demo.sensing.ActivityWindows;

/** The accelerometer. */
final class MotionSource implements Source, SensorEventListener {
    private static final int PERIOD_US = 1_000_000 / ActivityWindows.RATE_HZ;

    private final SensorManager sensors;
    private final ActivityWindows windows;

    private MotionSource(SensorManager sensors, Sink sink) {
        this.sensors = sensors;
        windows = new ActivityWindows(sink::take);
    }

    /** Null if there is no accelerometer. */
    static Source open(Context context, Handler handler, Sink sink) {
        SensorManager sensors = context.getSystemService(SensorManager.class);
        Sensor accelerometer = sensors.getDefaultSensor(Sensor.TYPE_ACCELEROMETER);
        MotionSource source = new MotionSource(sensors, sink);
        boolean listens = accelerometer != null && sensors.registerListener(source, accelerometer, PERIOD_US, handler);
        return listens ? source : null;
    }

    @Override
    public void onSensorChanged(SensorEvent event) {
        windows.add(event.timestamp, event.values[0], event.values[1], event.values[2]);
    }

    @Override
    public void onAccuracyChanged(Sensor sensor, int accuracy) {}

    @Override
    public void close() {
        sensors.unregisterListener(this);
    }
}
