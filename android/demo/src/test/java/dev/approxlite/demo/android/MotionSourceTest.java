package dev.approxlite.demo.android;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.Application;
import android.hardware.Sensor;
import android.hardware.SensorEvent;
import android.hardware.SensorManager;
import android.os.Handler;
import android.os.Looper;
import dev.approxlite.demo.live.Source;
import dev.approxlite.demo.sensing.ActivityWindows;
import java.util.ArrayList;
import java.util.List;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;
import org.robolectric.shadows.SensorBuilder;
import org.robolectric.shadows.SensorEventBuilder;
import org.robolectric.shadows.ShadowSensorManager;

/** The accelerometer: its events come as windows, at any rate; nothing comes where there is none or it was stopped. */
@RunWith(RobolectricTestRunner.class)
@Config(manifest = Config.NONE, sdk = 34)
public class MotionSourceTest {
    private static final float GRAVITY_MS2 = 9.80665f;
    /** A window, and what is waited for after it. */
    private static final int FIRST = ActivityWindows.SAMPLES + ActivityWindows.SAMPLES / 2;

    private final Application app = RuntimeEnvironment.getApplication();
    private final ShadowSensorManager sensors = shadowOf(app.getSystemService(SensorManager.class));
    private final Sensor accelerometer = SensorBuilder.newBuilder().setType(Sensor.TYPE_ACCELEROMETER).build();
    private final List<float[]> windows = new ArrayList<>();
    private long timeNs = 1_000_000_000L;

    @Before
    public void fit() {
        sensors.addSensor(accelerometer);
    }

    private Source open() {
        return MotionSource.open(app, new Handler(Looper.getMainLooper()), windows::add);
    }

    /** So many events at a rate, of a phone that lies still and is shaken along x by a sine of 5 Hz. */
    private void move(int events, int rateHz, float shakenMs2) {
        for (int i = 0; i < events; ++i) {
            timeNs += 1_000_000_000L / rateHz;
            float x = shakenMs2 * (float) Math.sin(2 * Math.PI * 5 * timeNs / 1e9);
            SensorEvent event = SensorEventBuilder.newBuilder(accelerometer, new float[] {x, 0, GRAVITY_MS2})
                    .setTimestamp(timeNs)
                    .build();
            sensors.sendSensorEventToListeners(event);
        }
    }

    private static double greatest(float[] window, int axis) {
        double greatest = 0;
        for (int i = 0; i < ActivityWindows.SAMPLES; ++i) {
            greatest = Math.max(greatest, Math.abs(window[axis * ActivityWindows.SAMPLES + i]));
        }
        return greatest;
    }

    @Test
    public void aWindowComesEveryHalfOfOneInUnitsOfGravityWithoutIt() {
        try (Source source = open()) {
            assertNotNull(source);
            move(FIRST - 1, ActivityWindows.RATE_HZ, GRAVITY_MS2);
            assertEquals(0, windows.size());
            move(1 + ActivityWindows.SAMPLES, ActivityWindows.RATE_HZ, GRAVITY_MS2);
            assertEquals(3, windows.size());
            for (float[] window : windows) {
                assertEquals(ActivityWindows.VALUES, window.length);
                assertEquals(1, greatest(window, 0), 0.2); // peaks less by the median, more by filters that begin
                assertEquals(0, greatest(window, 1), 1e-6);
                assertEquals(0, greatest(window, 2), 1e-3);
            }
        }
    }

    @Test
    public void aSensorThatGivesMoreThanItWasAskedForGivesAsManyWindows() {
        try (Source source = open()) {
            assertNotNull(source);
            move(4 * FIRST, 4 * ActivityWindows.RATE_HZ, GRAVITY_MS2);
            assertEquals(1, windows.size());
            assertEquals(1, greatest(windows.get(0), 0), 0.2);
        }
    }

    @Test
    public void withoutASensorOrWhereItFailsNothingIsOpened() {
        sensors.setForceListenersToFail(true);
        assertNull(open());
        sensors.setForceListenersToFail(false);
        sensors.removeSensor(accelerometer);
        assertNull(open());
        assertTrue(sensors.getListeners().isEmpty());
    }

    @Test
    public void stoppedItHearsNoMoreAndStartedAgainItKnowsNothingOfBefore() {
        Source source = open();
        move(FIRST - 1, ActivityWindows.RATE_HZ, GRAVITY_MS2);
        source.close();
        assertFalse(sensors.hasListener((MotionSource) source));
        move(FIRST, ActivityWindows.RATE_HZ, GRAVITY_MS2);
        assertEquals(0, windows.size());
        try (Source again = open()) {
            assertNotNull(again);
            move(FIRST - 1, ActivityWindows.RATE_HZ, 0);
            assertEquals(0, windows.size());
            move(1, ActivityWindows.RATE_HZ, 0);
            assertEquals(0, greatest(windows.get(0), 0), 1e-6);
        }
    }

    @Test
    public void aSilenceOfTheSensorIsABreakAndNoWindowSpansIt() {
        try (Source source = open()) {
            assertNotNull(source);
            move(FIRST - 1, ActivityWindows.RATE_HZ, GRAVITY_MS2);
            timeNs += 1_000_000_000L;
            move(FIRST - 1, ActivityWindows.RATE_HZ, 0);
            assertEquals(0, windows.size());
            move(1, ActivityWindows.RATE_HZ, 0);
            assertEquals(0, greatest(windows.get(0), 0), 1e-6);
        }
    }
}
