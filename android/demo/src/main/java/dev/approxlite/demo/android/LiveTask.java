package dev.approxlite.demo.android;

import android.content.Context;
import android.os.Handler;
import android.os.HandlerThread;
import android.os.Looper;
import dev.approxlite.context.DeviceMonitor;
import dev.approxlite.demo.live.LiveModel;
import dev.approxlite.demo.live.Pin;
import dev.approxlite.demo.live.Reading;
import dev.approxlite.demo.live.Source;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.Engines;
import dev.approxlite.policy.Policy;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.policy.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** One task, on a thread of its own, from its first input to its last. Its listener hears of it on the main thread. */
final class LiveTask {
    /** What the screen wants to know. */
    interface Listener {
        void ready(Policy policy);

        void read(Reading reading);

        void cannotRun(String why);

        void noSensor();
    }

    private static final int COPY_BYTES = 8192;

    private final Task task;
    private final Parts parts;
    private final Context app;
    private final Listener listener;
    private final DeviceMonitor monitor;
    private final HandlerThread thread = new HandlerThread("live");
    private final Handler main = new Handler(Looper.getMainLooper());
    private final Handler worker;
    private LiveModel model;
    private Source source;

    /** Starts at once; on the main thread. */
    LiveTask(Task task, Parts parts, Context context, Pin pin, Listener listener) {
        this.task = task;
        this.parts = parts;
        this.listener = listener;
        app = context.getApplicationContext();
        monitor = new DeviceMonitor(context);
        thread.start();
        worker = new Handler(thread.getLooper());
        worker.post(() -> start(pin));
    }

    /** From the next input on. */
    void pin(Pin pin) {
        worker.post(() -> {
            if (model != null) {
                model.pin(pin);
            }
        });
    }

    /** On the main thread; nothing is heard of it afterwards. */
    void stop() {
        monitor.close();
        main.removeCallbacksAndMessages(null);
        worker.post(this::end);
        thread.quitSafely();
    }

    private void start(Pin pin) {
        try {
            PolicyArchive archive = PolicyArchive.read(asset(".approx"));
            byte[] content = asset(".tflite");
            String sha256 = Sha256.of(content);
            Engines engines = parts.engines(app);
            model = new LiveModel(
                    engines,
                    parts.trial(engines),
                    archive,
                    wanted -> wanted.equals(sha256) ? direct(content) : null,
                    app.getFilesDir().toPath().resolve(task.asset + "." + archive.sha256().substring(0, 16) + ".guard"));
            model.pin(pin);
            main.post(() -> listener.ready(archive.policy()));
            source = parts.open(task, app, worker, this::take);
            if (source == null) {
                main.post(listener::noSensor);
            }
        } catch (IOException | PolicyException | EngineException problem) {
            main.post(() -> listener.cannotRun(problem.getMessage()));
        }
    }

    private void take(float[] input) {
        try {
            Reading reading = model.observe(input, monitor.device().now(Float.NaN));
            main.post(() -> listener.read(reading));
        } catch (EngineException problem) {
            main.post(() -> listener.cannotRun(problem.getMessage()));
        }
    }

    private void end() {
        if (source != null) {
            source.close();
        }
        if (model == null) {
            return;
        }
        try {
            model.keep();
        } catch (IOException problem) {
            android.util.Log.w("ApproxLite", "what the guard learned is lost: " + problem.getMessage());
        }
        model.close();
    }

    private byte[] asset(String suffix) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        try (InputStream stream = app.getAssets().open(task.asset + suffix)) {
            byte[] some = new byte[COPY_BYTES];
            for (int count = stream.read(some); count >= 0; count = stream.read(some)) {
                content.write(some, 0, count);
            }
        }
        return content.toByteArray();
    }

    private static ByteBuffer direct(byte[] content) {
        ByteBuffer copy = ByteBuffer.allocateDirect(content.length).order(ByteOrder.nativeOrder());
        copy.duplicate().put(content);
        return copy;
    }
}
