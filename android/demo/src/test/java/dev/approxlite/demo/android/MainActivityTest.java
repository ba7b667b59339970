package dev.approxlite.demo.android;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.Manifest;
import android.content.Context;
import android.content.pm.PackageManager;
import android.os.Handler;
import android.os.Looper;
import android.util.TypedValue;
import android.view.View;
import android.view.ViewGroup;
import android.widget.Spinner;
import android.widget.TextView;
import dev.approxlite.demo.R;
import dev.approxlite.demo.live.ScriptedEngines;
import dev.approxlite.demo.live.Source;
import dev.approxlite.engine.Engines;
import dev.approxlite.engine.PhoneAdmission;
import dev.approxlite.policy.PolicyArchive;
import java.util.ArrayList;
import java.util.List;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.annotation.Config;

/** The screen: what it shows, what a person may do with it, and that everybody can. */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 34)
public class MainActivityTest {
    /** A sensor that a test moves. */
    private final class ByHand implements Parts {
        @Override
        public Engines engines(Context context) {
            return engines;
        }

        @Override
        public PhoneAdmission.Trial trial(Engines each) {
            return (archive, models) -> {};
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

    private final ScriptedEngines engines = new ScriptedEngines(numericsVersion(), 384, 6);
    private volatile boolean hasSensor = true;
    private volatile Handler worker;
    private volatile Source.Sink sink;
    private ActivityController<MainActivity> controller;

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

    private interface Condition {
        boolean holds();
    }

    private static void waitUntil(Condition condition) throws InterruptedException {
        for (int i = 0; i < 1000 && !condition.holds(); ++i) {
            Thread.sleep(5);
            shadowOf(Looper.getMainLooper()).idle();
        }
        assertTrue("not within five seconds", condition.holds());
    }

    private void begin() throws InterruptedException {
        controller.setup();
        waitUntil(() -> sink != null && pins().getCount() > 0);
    }

    private void feel() throws InterruptedException {
        String before = text(R.id.rung);
        worker.post(() -> sink.take(new float[384]));
        waitUntil(() -> !text(R.id.rung).equals(before) || !text(R.id.saved).isEmpty());
        shadowOf(Looper.getMainLooper()).idle();
    }

    private Spinner pins() {
        return controller.get().findViewById(R.id.pin);
    }

    private String text(int view) {
        TextView found = controller.get().findViewById(view);
        return found.getText().toString();
    }

    @Test
    public void showsWhatIsDoneByWhichRungAndWhy() throws Exception {
        engines.label = 2;
        begin();
        assertEquals("Listening …", text(R.id.result));
        feel();
        assertEquals("walking downstairs, 75 %", text(R.id.result));
        assertTrue(text(R.id.rung), text(R.id.rung).matches("0: .*, 1.50 ms"));
        assertEquals("every input starts here; sure enough", text(R.id.why));
        assertTrue(text(R.id.saved), text(R.id.saved).matches("-?\\d+ % of the (energy|time.*)"));
        assertEquals("no answer checked yet", text(R.id.guard));
    }

    @Test
    public void showsWhatTheGuardFound() throws Exception {
        engines.checks = true;
        begin();
        feel();
        assertEquals("0 of 1 checked answers differ from exact", text(R.id.guard));
        engines.alarm = 1;
        worker.post(() -> sink.take(new float[384]));
        waitUntil(() -> text(R.id.guard).startsWith("exact from now on"));
        assertEquals("exact from now on: more answers differ from exact than promised", text(R.id.guard));
    }

    @Test
    public void aPersonPinsExactAndLetsGo() throws Exception {
        begin();
        assertEquals("The policy", pins().getItemAtPosition(0));
        assertEquals("Exact, always", pins().getItemAtPosition(1));
        assertEquals(-1, engines.pinned);
        pins().setSelection(1);
        waitUntil(() -> engines.pinned == 0);
        controller.recreate();
        waitUntil(() -> sink != null && pins().getCount() > 0 && engines.pinned == 0);
        assertEquals(1, pins().getSelectedItemPosition());
        pins().setSelection(0);
        waitUntil(() -> engines.pinned == -1);
    }

    @Test
    public void nothingListensWhileNobodyLooks() throws Exception {
        begin();
        controller.pause().stop();
        waitUntil(() -> sink == null && engines.open == 0);
        controller.restart().resume();
        waitUntil(() -> sink != null);
        assertEquals(ScriptedEngines.STATE_BYTES, engines.guardState.length);
    }

    @Test
    public void aMissingSensorIsSaid() throws Exception {
        hasSensor = false;
        controller.setup();
        waitUntil(() -> text(R.id.result).equals("This device has no such sensor."));
    }

    @Test
    public void theMicrophoneIsAskedForAndARefusalIsSaid() throws Exception {
        begin();
        Spinner tasks = controller.get().findViewById(R.id.task);
        tasks.setSelection(Task.KEYWORD.ordinal());
        waitUntil(() -> shadowOf(controller.get()).getLastRequestedPermission() != null);
        var asked = shadowOf(controller.get()).getLastRequestedPermission();
        assertEquals(Manifest.permission.RECORD_AUDIO, asked.requestedPermissions[0]);
        controller.get().onRequestPermissionsResult(
                asked.requestCode, asked.requestedPermissions, new int[] {PackageManager.PERMISSION_DENIED});
        assertTrue(text(R.id.result), text(R.id.result).startsWith("Without the microphone"));
        waitUntil(() -> sink == null);
    }

    @Test
    public void everyChoiceHasALabelAndRoomForAFinger() throws Exception {
        begin();
        List<Integer> labelled = new ArrayList<>();
        List<View> views = new ArrayList<>();
        collect(controller.get().findViewById(android.R.id.content), views);
        views.forEach(view -> labelled.add(view.getLabelFor()));
        int finger = Math.round(TypedValue.applyDimension(
                TypedValue.COMPLEX_UNIT_DIP, 48, controller.get().getResources().getDisplayMetrics()));
        for (View view : views) {
            if (view instanceof Spinner) {
                assertTrue(labelled.contains(view.getId()));
                assertTrue(view.getMinimumHeight() >= finger);
            }
        }
        assertEquals(
                View.ACCESSIBILITY_LIVE_REGION_POLITE,
                controller.get().findViewById(R.id.result).getAccessibilityLiveRegion());
    }

    private static void collect(View view, List<View> into) {
        into.add(view);
        if (view instanceof ViewGroup) {
            for (int i = 0; i < ((ViewGroup) view).getChildCount(); ++i) {
                collect(((ViewGroup) view).getChildAt(i), into);
            }
        }
    }

    @Test
    @Config(sdk = 34, qualifiers = "night")
    public void isDarkAtNight() throws Exception {
        begin();
        assertTrue(luminance(android.R.attr.colorBackground) < 0.2);
        assertTrue(luminance(android.R.attr.textColorPrimary) > 0.5);
    }

    @Test
    public void isLightByDay() throws Exception {
        begin();
        assertTrue(luminance(android.R.attr.colorBackground) > 0.8);
        assertTrue(luminance(android.R.attr.textColorPrimary) < 0.5);
    }

    private double luminance(int attribute) {
        var colours = controller.get().obtainStyledAttributes(new int[] {attribute});
        try {
            return android.graphics.Color.luminance(colours.getColor(0, 0xff777777));
        } finally {
            colours.recycle();
        }
    }

    @Test
    public void everyReasonAlarmAndAnswerHasItsWords() {
        controller.setup();
        var resources = RuntimeEnvironment.getApplication().getResources();
        assertEquals(21, resources.getStringArray(R.array.reasons).length);
        assertEquals(9, resources.getStringArray(R.array.alarms).length);
        assertEquals(6, resources.getStringArray(Task.ACTIVITY.labels).length);
        assertEquals(12, resources.getStringArray(Task.KEYWORD.labels).length);
    }
}
