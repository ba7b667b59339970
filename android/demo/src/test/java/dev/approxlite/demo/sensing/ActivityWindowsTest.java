package dev.approxlite.demo.sensing;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;

import com.google.gson.Gson;
import dev.approxlite.policy.Contract;
import java.util.ArrayList;
import java.util.List;
import org.junit.Test;

/** Windows are those that the desk makes of the same motion. */
public class ActivityWindowsTest {
    private static final double GRAVITY_MS2 = 9.80665;
    private static final long PERIOD_NS = 20_000_000;

    private static final class Axis {
        double gravity;
        double[][] tones;

        double at(double seconds) {
            double sum = gravity;
            for (int i = 0; i < tones[0].length; ++i) {
                sum += tones[0][i] * Math.sin(2 * Math.PI * tones[1][i] * seconds);
            }
            return sum;
        }
    }

    private static final class Cases {
        int samples;
        int every;
        Axis[] axes;
        double[][] windows;
    }

    private static Cases cases() throws Exception {
        return new Gson().fromJson(Contract.text("activity_windows.json"), Cases.class);
    }

    private static void move(ActivityWindows windows, Cases cases, long fromNs, double seconds) {
        float[] ms2 = new float[cases.axes.length];
        for (int axis = 0; axis < ms2.length; ++axis) {
            ms2[axis] = (float) (cases.axes[axis].at(seconds) * GRAVITY_MS2);
        }
        windows.add(fromNs + Math.round(seconds * 1e9), ms2[0], ms2[1], ms2[2]);
    }

    @Test
    public void windowsAreThoseOfTheDesk() throws Exception {
        Cases cases = cases();
        List<float[]> made = new ArrayList<>();
        ActivityWindows windows = new ActivityWindows(made::add);
        for (int i = 0; i < cases.samples; ++i) {
            move(windows, cases, 5_000_000_000L, i * (PERIOD_NS / 1e9));
        }
        assertEquals(cases.windows.length, made.size());
        for (int window = 0; window < made.size(); ++window) {
            assertEquals(ActivityWindows.VALUES, made.get(window).length);
            for (int i = 0; i < cases.windows[window].length; ++i) {
                assertEquals(cases.windows[window][i], made.get(window)[i * cases.every], 2e-6);
            }
        }
    }

    @Test
    public void aSensorMayKeepItsOwnTime() throws Exception {
        Cases cases = cases();
        cases.axes = new Axis[] {slow(), slow(), slow()};
        List<float[]> steady = new ArrayList<>();
        List<float[]> odd = new ArrayList<>();
        ActivityWindows of50Hz = new ActivityWindows(steady::add);
        ActivityWindows ofOdd = new ActivityWindows(odd::add);
        for (int i = 0; i < 400; ++i) {
            move(of50Hz, cases, 0, i * 0.02);
        }
        for (double at = 0, step = 0; at < 7.99; at += 0.003 + 0.002 * (1 + Math.sin(++step))) {
            move(ofOdd, cases, 0, at);
        }
        assertEquals(steady.size(), odd.size());
        for (int i = 0; i < steady.size(); ++i) {
            assertArrayEquals(steady.get(i), odd.get(i), 0.005f);
        }
    }

    private static Axis slow() {
        Axis axis = new Axis();
        axis.gravity = 0.5;
        axis.tones = new double[][] {{0.3}, {1.7}};
        return axis;
    }

    @Test
    public void aSilentSensorBeginsAnew() throws Exception {
        Cases cases = cases();
        List<float[]> made = new ArrayList<>();
        ActivityWindows windows = new ActivityWindows(made::add);
        int most = ActivityWindows.SAMPLES + ActivityWindows.LATER - 1;
        for (long from = 0; from < 3; ++from) {
            for (int i = 0; i < most; ++i) {
                move(windows, cases, from * 60_000_000_000L, i * 0.02);
            }
        }
        assertEquals(0, made.size());
        move(windows, cases, 120_000_000_000L, most * 0.02);
        assertEquals(1, made.size());
    }
}
