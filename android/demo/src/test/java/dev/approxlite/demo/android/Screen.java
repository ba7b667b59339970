package dev.approxlite.demo.android;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.content.Context;
import android.os.Handler;
import android.os.Looper;
import android.widget.Spinner;
import android.widget.TextView;
import dev.approxlite.demo.R;
import dev.approxlite.demo.live.LiveModel;
import dev.approxlite.demo.live.ScriptedEngines;
import dev.approxlite.demo.live.Source;
import dev.approxlite.engine.Engines;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.service.client.Remote;
import java.nio.file.Path;
import org.junit.After;
import org.junit.Before;
import org.robolectric.Robolectric;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.android.controller.ActivityController;

/** The screen over engines that answer, and a sensor that moves, as a test says. */
public abstract class Screen {
    /** A sensor that a test moves. */
    private final class ByHand implements Parts {
        @Override
        public Engines engines(Context context) {
            return engines;
        }

        @Override
        public LiveModel.Own own(Engines each, Path guards) {
            return (archive, models) -> () -> engines.open(archive, models, null);
        }

        @Override
        public Remote remote(Context context, String model) {
            return remote;
        }

        @Override
        public Source open(Task task, Context context, Handler handler, Source.Sink given) {
            if (!hasSensor) {
                return null;
            }
            worker = handler;
            sink = given;
            return () -> sink = null;
        }
    }

    final ScriptedEngines engines = new ScriptedEngines(numericsVersion(), 384, 6);
    volatile boolean hasSensor = true;
    volatile Remote remote;
    volatile Handler worker;
    volatile Source.Sink sink;
    ActivityController<MainActivity> controller;

    private static int numericsVersion() {
        try (var stream = RuntimeEnvironment.getApplication().getAssets().open("activity.approx")) {
            return PolicyArchive.read(stream.readAllBytes()).policy().numericsVersion();
        } catch (Exception problem) {
            throw new AssertionError(problem);
        }
    }

    @Before
    public void prepare() {
        MainActivity.parts = new ByHand();
        controller = Robolectric.buildActivity(MainActivity.class);
    }

    @After
    public void end() throws Exception {
        controller.pause().stop().destroy();
        waitUntil(() -> engines.open == 0);
        assertEquals(0, engines.open);
    }

    interface Condition {
        boolean holds();
    }

    static void waitUntil(Condition condition) throws InterruptedException {
        for (int i = 0; i < 1000 && !condition.holds(); ++i) {
            Thread.sleep(5);
            shadowOf(Looper.getMainLooper()).idle();
        }
        assertTrue("not within five seconds", condition.holds());
    }

    void begin() throws InterruptedException {
        controller.setup();
        waitUntil(() -> sink != null && pins().getCount() > 0);
    }

    void feel() throws InterruptedException {
        String before = text(R.id.rung);
        worker.post(() -> sink.take(new float[384]));
        waitUntil(() -> !text(R.id.rung).equals(before) || !text(R.id.saved).isEmpty());
        shadowOf(Looper.getMainLooper()).idle();
    }

    Spinner pins() {
        return controller.get().findViewById(R.id.pin);
    }

    String text(int view) {
        TextView found = controller.get().findViewById(view);
        return found.getText().toString();
    }
}
