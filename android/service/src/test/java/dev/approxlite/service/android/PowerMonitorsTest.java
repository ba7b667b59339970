package dev.approxlite.service.android;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import android.os.OutcomeReceiver;
import dev.approxlite.service.profiling.Phone.Metered;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;

/** Power monitors are read by the names that Android 15 gave them, from a service of the same form. */
@RunWith(RobolectricTestRunner.class)
@Config(manifest = Config.NONE, sdk = 34)
public class PowerMonitorsTest {
    /** As android.os.PowerMonitor; final and hidden, as a platform's classes may be. */
    static final class Monitor {
        private final String name;
        private final int type;

        Monitor(String name, int type) {
            this.name = name;
            this.type = type;
        }

        public String getName() {
            return name;
        }

        public int getType() {
            return type;
        }
    }

    /** As android.os.PowerMonitorReadings. */
    static final class Readings {
        private final long asOfMs;

        Readings(long asOfMs) {
            this.asOfMs = asOfMs;
        }

        public long getConsumedEnergy(Monitor monitor) {
            return monitor.getName().equals("BLUETOOTH") ? -1 : 1_000_000L * monitor.getName().length();
        }

        public long getTimestampMillis(Monitor monitor) {
            return asOfMs;
        }
    }

    /** As android.os.health.SystemHealthManager. */
    public static final class Manager {
        final List<Object> monitors = new ArrayList<>();
        long asOfMs = 30_000;
        boolean answers = true;
        List<?> asked = List.of();

        public void getSupportedPowerMonitors(Executor executor, Consumer<List<Object>> whenListed) {
            executor.execute(() -> whenListed.accept(monitors));
        }

        public void getPowerMonitorReadings(
                List<Object> of, Executor executor, OutcomeReceiver<Readings, RuntimeException> whenRead) {
            asked = List.copyOf(of);
            executor.execute(() -> {
                if (answers) {
                    whenRead.onResult(new Readings(asOfMs));
                } else {
                    whenRead.onError(new IllegalArgumentException("Unsupported power monitor"));
                }
            });
        }
    }

    private final Manager manager = new Manager();

    @Test
    public void consumersAreReadWithTheTimeOfTheirValues() {
        manager.monitors.add(new Monitor("CPU/0", 0));
        manager.monitors.add(new Monitor("[S4M_VDD_CPUCL0]:CPU", 1));
        manager.monitors.add(new Monitor("BLUETOOTH", 0));
        manager.monitors.add(new Monitor("DISPLAY PANEL", 0));
        PowerMonitors monitors = new PowerMonitors(manager, false);
        assertEquals("", monitors.why());
        List<Metered> read = monitors.read();
        assertEquals(
                List.of(
                        new Metered("power_monitor/CPU/0", 5_000_000, 30_000_000_000L),
                        new Metered("power_monitor/DISPLAY_PANEL", 13_000_000, 30_000_000_000L)),
                read);
        assertEquals(3, manager.asked.size());
    }

    @Test
    public void railsAreReadWhereThereAreNoConsumersAndFineOnesSaySo() {
        manager.monitors.add(new Monitor("RAIL", 1));
        assertEquals("power_monitor_fine/RAIL", new PowerMonitors(manager, true).read().get(0).source());
    }

    @Test
    public void aServiceThatDoesNotAnswerIsAskedAgainAndOneThatHasNoneSaysWhy() {
        assertEquals("the phone lists none", new PowerMonitors(manager, false).why());
        assertEquals("this phone has no such service", new PowerMonitors(null, false).why());
        assertTrue(new PowerMonitors(new Object(), false).why().startsWith("the service does not list them"));
        manager.monitors.add(new Monitor("CPU", 0));
        PowerMonitors monitors = new PowerMonitors(manager, false);
        manager.answers = false;
        assertEquals(List.of(), monitors.read());
        manager.answers = true;
        assertEquals(1, monitors.read().size());
    }

    @Test
    public void anOlderAndroidSaysThatItHasNone() {
        PowerMonitors monitors = PowerMonitors.of(RuntimeEnvironment.getApplication());
        assertEquals(List.of(), monitors.read());
        assertTrue(monitors.why(), monitors.why().endsWith("has none; they begin with Android 15"));
        AndroidPhone phone = new AndroidPhone(RuntimeEnvironment.getApplication(), () -> null);
        assertTrue(phone.missing().get("power_monitor").contains("Android 15"));
    }
}
