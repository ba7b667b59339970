package dev.approxlite.service.android;

import android.content.Context;
import android.content.pm.PackageManager;
import android.os.Build;
import android.os.OutcomeReceiver;
import dev.approxlite.context.NewerApi;
import dev.approxlite.service.profiling.Phone.Metered;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * What Android 15 and later know of the energy that parts of the phone have taken since it started: running totals, some
 * of them modelled, blurred, and as old as their own time says. This is compiled against an older Android, so they are
 * reached by name.
 *
 * <p>Consumers alone are read, such as the processor's clusters: rails differ from phone to phone and overlap them. Where
 * a phone has none of these, its rails are.
 */
final class PowerMonitors {
    /** The first Android that has them. */
    static final int FIRST_API = 35;
    /** Of readings that are a quarter of a second old at most, where the shell has granted it and the phone knows it. */
    static final String FINE = "android.permission.ACCESS_FINE_POWER_MONITORS";

    private static final String MANAGER = "android.os.health.SystemHealthManager";
    private static final int CONSUMER = 0;
    private static final int UNAVAILABLE = -1;
    private static final long PATIENCE_S = 2;

    private final Object manager;
    private final String prefix;
    private final List<Object> monitors = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private String why = "";

    /** Of this phone; without any where it has none, and {@link #why} says so. */
    static PowerMonitors of(Context app) {
        if (Build.VERSION.SDK_INT < FIRST_API) {
            return new PowerMonitors("Android " + Build.VERSION.RELEASE + " has none; they begin with Android 15");
        }
        try {
            Object manager = app.getSystemService(Class.forName(MANAGER));
            boolean fine = app.checkSelfPermission(FINE) == PackageManager.PERMISSION_GRANTED;
            return new PowerMonitors(manager, fine);
        } catch (ClassNotFoundException missing) {
            return new PowerMonitors("this Android has no " + MANAGER);
        }
    }

    private PowerMonitors(String why) {
        this.manager = null;
        this.prefix = "";
        this.why = why;
    }

    /** manager: with the methods of SystemHealthManager; null: there is no such service. fine: whether it was granted. */
    PowerMonitors(Object manager, boolean fine) {
        this.manager = manager;
        prefix = fine ? "power_monitor_fine/" : "power_monitor/";
        if (manager == null) {
            why = "this phone has no such service";
            return;
        }
        try {
            find();
        } catch (ReflectiveOperationException | ExecutionException | TimeoutException problem) {
            why = "the service does not list them (" + problem + ")";
        } catch (InterruptedException asked) {
            Thread.currentThread().interrupt();
            why = "interrupted";
        }
        if (monitors.isEmpty() && why.isEmpty()) {
            why = "the phone lists none";
        }
    }

    /** Why there are none; empty where there are. */
    String why() {
        return why;
    }

    private void find() throws ReflectiveOperationException, ExecutionException, InterruptedException, TimeoutException {
        CompletableFuture<List<?>> listed = new CompletableFuture<>();
        Executor here = Runnable::run;
        Consumer<List<?>> whenListed = listed::complete;
        method(manager, "getSupportedPowerMonitors", 2).invoke(manager, here, whenListed);
        List<Object> rails = new ArrayList<>();
        for (Object each : listed.get(PATIENCE_S, TimeUnit.SECONDS)) {
            boolean consumer = ((Integer) method(each, "getType", 0).invoke(each)) == CONSUMER;
            (consumer ? monitors : rails).add(each);
        }
        if (monitors.isEmpty()) {
            monitors.addAll(rails);
        }
        for (Object each : monitors) {
            names.add(prefix + String.valueOf(method(each, "getName", 0).invoke(each)).replaceAll("\\s+", "_"));
        }
    }

    /** Microjoules since the phone started, each as old as it says; without those that have nothing to tell now. */
    List<Metered> read() {
        List<Metered> found = new ArrayList<>();
        if (monitors.isEmpty()) {
            return found;
        }
        try {
            CompletableFuture<Object> answer = new CompletableFuture<>();
            Executor here = Runnable::run;
            method(manager, "getPowerMonitorReadings", 3).invoke(manager, monitors, here, new Answer(answer));
            Object readings = answer.get(PATIENCE_S, TimeUnit.SECONDS);
            Method energy = method(readings, "getConsumedEnergy", 1);
            Method taken = method(readings, "getTimestampMillis", 1);
            for (int i = 0; i < monitors.size(); ++i) {
                long value = (Long) energy.invoke(readings, monitors.get(i));
                if (value != UNAVAILABLE) {
                    found.add(new Metered(names.get(i), value, 1_000_000 * (Long) taken.invoke(readings, monitors.get(i))));
                }
            }
        } catch (InvocationTargetException | ExecutionException | TimeoutException none) {
            return List.of(); // this time; the desk sees that readings are missing
        } catch (InterruptedException asked) {
            Thread.currentThread().interrupt();
            return List.of();
        } catch (ReflectiveOperationException changed) {
            why = "they are read in another way here (" + changed + ")";
            monitors.clear();
            return List.of();
        }
        return found;
    }

    /** By name and number of parameters, for their types are not known here. */
    private static Method method(Object of, String name, int parameters) throws NoSuchMethodException {
        for (Method each : of.getClass().getMethods()) {
            if (each.getName().equals(name) && each.getParameterCount() == parameters) {
                each.setAccessible(true); // its class may be hidden though the method is not
                return each;
            }
        }
        throw new NoSuchMethodException(name);
    }

    /** Apart, since Androids that lack its interface cannot load it. */
    @NewerApi(31)
    private static final class Answer implements OutcomeReceiver<Object, RuntimeException> {
        private final CompletableFuture<Object> to;

        Answer(CompletableFuture<Object> to) {
            this.to = to;
        }

        @Override
        public void onResult(Object readings) {
            to.complete(readings);
        }

        @Override
        public void onError(RuntimeException problem) {
            to.completeExceptionally(problem);
        }
    }
}
