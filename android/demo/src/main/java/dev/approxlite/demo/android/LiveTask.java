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
import dev.approxlite.service.queue.ServiceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/** One task, on a thread of its own, from its first input to its last. Everything else here is the main thread's. */
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
    private final DeviceMonitor monitor;
    private final HandlerThread thread = new HandlerThread("live");
    private final Handler main = new Handler(Looper.getMainLooper());
    private final Handler worker;
    /** On the main thread; null: nobody wants to know. */
    private Listener listener;
    private Policy followed;
    private Pin pinned;
    private LiveModel model;
    private Source source;

    /** Starts at once; on the main thread. */
    LiveTask(Task task, Parts parts, Context context, Pin pin, Listener listener) {
        this.task = task;
        this.parts = parts;
        this.listener = listener;
        pinned = pin;
        app = context.getApplicationContext();
        monitor = new DeviceMonitor(app);
        thread.start();
        worker = new Handler(thread.getLooper());
        worker.post(() -> start(pin));
    }

    /** On the main thread: from now on this one hears of it; null: nobody. */
    void listen(Listener next) {
        listener = next;
        if (next != null && followed != null) {
            next.ready(followed);
        }
    }

    /** Whether anybody wants to know. */
    boolean isHeard() {
        return listener != null;
    }

    /** What a person lets decide. */
    Pin pinned() {
        return pinned;
    }

    /** From the next input on. */
    void pin(Pin pin) {
        pinned = pin;
        worker.post(() -> {
            if (model != null) {
                model.pin(pin);
            }
        });
    }

    /** On the main thread; nothing is heard of it afterwards. */
    void stop() {
        listener = null; // and not the handler's queue cleared: the worker may still be about to post
        monitor.close();
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
                    archive,
                    wanted -> wanted.equals(sha256) ? direct(content) : null,
                    parts.own(engines, app.getFilesDir().toPath().resolve("guards")),
                    app.getResources().getStringArray(task.labels).length,
                    parts.remote(app, sha256));
            model.pin(pin);
            main.post(() -> {
                followed = archive.policy();
                tell(each -> each.ready(followed));
            });
            source = parts.open(task, app, worker, this::take);
            if (source == null) {
                main.post(() -> tell(Listener::noSensor));
            }
        } catch (IOException | PolicyException problem) {
            main.post(() -> tell(each -> each.cannotRun(problem.getMessage())));
        }
    }

    private void take(float[] input) {
        try {
            Reading reading = model.observe(input, monitor.device().now(Float.NaN));
            main.post(() -> tell(each -> each.read(reading)));
        } catch (EngineException | ServiceException problem) {
            main.post(() -> tell(each -> each.cannotRun(problem.getMessage())));
        }
    }

    private void tell(Consumer<Listener> what) {
        if (listener != null) {
            what.accept(listener);
        }
    }

    private void end() {
        if (source != null) {
            source.close();
        }
        if (model != null) {
            model.close();
        }
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
