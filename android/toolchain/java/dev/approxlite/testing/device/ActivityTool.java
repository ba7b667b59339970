package dev.approxlite.testing.device;

import android.content.Intent;
import android.os.Handler;
import android.os.Looper;
import dev.approxlite.service.android.ProfilingService;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.robolectric.Robolectric;
import org.robolectric.Shadows;
import org.robolectric.android.controller.ServiceController;

/** Android's {@code am}, as far as it starts and stops the profiling service. */
final class ActivityTool {
    private static final String PROFILING = "dev.approxlite.service/.android.ProfilingService";

    private final File root;
    private ServiceController<ProfilingService> running;

    /** root: where the device's file system lies on this computer. */
    ActivityTool(File root) {
        this.root = root;
    }

    int run(Caller caller) throws IOException {
        List<String> words = caller.words();
        int named = words.indexOf("-n");
        String component = named > 0 && named + 1 < words.size() ? words.get(named + 1) : "";
        if (words.size() > 1 && component.equals(PROFILING)) {
            switch (words.get(1)) {
                case "start-foreground-service":
                    return start(caller, words);
                case "stopservice":
                case "stop-service":
                    return stop(caller);
                default:
                    break;
            }
        }
        caller.complain("Error: unknown command '" + String.join(" ", words) + "'");
        return 255;
    }

    private int start(Caller caller, List<String> words) throws IOException {
        int extra = words.indexOf("--es");
        Intent intent = new Intent();
        if (extra > 0 && extra + 2 < words.size()) {
            // The device sees its own file system, and the service that of this computer.
            String line = words.get(extra + 2).replace("=/sdcard/", "=" + root + "/sdcard/");
            intent.putExtra(words.get(extra + 1), line);
        }
        onMainThread(() -> {
            destroyIfStopped();
            if (running == null) {
                running = Robolectric.buildService(ProfilingService.class).create();
            }
            running.get().onStartCommand(intent, 0, 1);
        });
        caller.print("Starting service: Intent { cmp=" + PROFILING + " (has extras) }");
        return 0;
    }

    private int stop(Caller caller) throws IOException {
        boolean[] was = {false};
        onMainThread(() -> {
            destroyIfStopped();
            if (running != null) {
                was[0] = true;
                running.destroy();
                running = null;
            }
        });
        caller.print("Stopping service: Intent { cmp=" + PROFILING + " }");
        caller.print(was[0] ? "Service stopped" : "Service not stopped: was not running.");
        return was[0] ? 0 : 255;
    }

    /** As the system does with a service that stopped itself. */
    private void destroyIfStopped() {
        if (running != null && Shadows.shadowOf(running.get()).isStoppedBySelf()) {
            running.destroy();
            running = null;
        }
    }

    private static void onMainThread(Runnable work) throws IOException {
        FutureTask<Void> task = new FutureTask<>(work, null);
        new Handler(Looper.getMainLooper()).post(task);
        try {
            task.get();
        } catch (InterruptedException | ExecutionException problem) {
            throw new IOException(problem);
        }
    }
}
