package dev.approxlite.demo.android;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.Manifest;
import android.content.pm.PackageManager;
import android.os.Handler;
import android.os.Looper;
import android.util.TypedValue;
import android.view.View;
import android.view.ViewGroup;
import android.widget.AdapterView;
import android.widget.Spinner;
import dev.approxlite.demo.R;
import dev.approxlite.demo.live.Source;
import dev.approxlite.engine.Answer;
import dev.approxlite.engine.GuardStatus;
import dev.approxlite.policy.Policy;
import dev.approxlite.service.client.Remote;
import dev.approxlite.service.queue.ServiceException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;

/** The screen: what it shows, what a person may do with it, and that everybody can. */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 34)
public class MainActivityTest extends Screen {
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
        feel();
        pins().setSelection(1);
        waitUntil(() -> engines.pinned == 0);
        engines.pinned = -1;
        controller.recreate();
        waitUntil(() -> sink != null && pins().getCount() > 0);
        assertEquals(1, pins().getSelectedItemPosition());
        feel();
        assertEquals(0, engines.pinned);
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
    }

    @Test
    public void saysWhereItRan() throws Exception {
        remote = new Refusing(ServiceException.Reason.NO_POLICY);
        begin();
        feel();
        assertEquals(
                "in this app, by its own policy; the service: it follows no policy for this model", text(R.id.where));
        pins().setSelection(1);
        waitUntil(() -> engines.pinned == 0);
        worker.post(() -> sink.take(new float[384])); // of a pin the service is not asked
        waitUntil(() -> text(R.id.where).equals("in this app, by its own policy"));
    }

    private record Refusing(ServiceException.Reason reason) implements Remote {
        @Override
        public Answer ask(ByteBuffer input, ByteBuffer output, float deadlineMs) throws ServiceException {
            throw new ServiceException(reason, "scripted");
        }

        @Override
        public Policy policy() {
            return null;
        }

        @Override
        public GuardStatus guard() {
            return GuardStatus.NONE;
        }

        @Override
        public void close() {}
    }

    @Test
    public void whereNothingIsAtWorkThereIsNothingToPin() throws Exception {
        begin();
        Spinner tasks = controller.get().findViewById(R.id.task);
        tasks.setSelection(Task.KEYWORD.ordinal()); // whose microphone is not allowed
        waitUntil(() -> shadowOf(controller.get()).getLastRequestedPermission() != null);
        assertEquals(0, pins().getCount());
        AdapterView.OnItemSelectedListener chosen = pins().getOnItemSelectedListener();
        chosen.onItemSelected(pins(), null, 1, 1); // as a click that was under way
    }

    @Test
    public void nothingIsHeardOfATaskThatWasStopped() throws Exception {
        engines.label = 7;
        begin();
        Handler old = worker;
        Source.Sink late = sink;
        CountDownLatch chosen = new CountDownLatch(1);
        old.post(() -> {
            try {
                chosen.await();
                late.take(new float[384]);
            } catch (InterruptedException asked) {
                throw new AssertionError(asked);
            }
        });
        controller.pause().stop();
        chosen.countDown();
        waitUntil(() -> engines.open == 0 && sink == null);
        shadowOf(Looper.getMainLooper()).idle();
        assertEquals("Listening …", text(R.id.result)); // and no seventh of six activities
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
        assertEquals(ServiceException.Reason.values().length, resources.getStringArray(R.array.refusals).length);
        assertEquals(6, resources.getStringArray(Task.ACTIVITY.labels).length);
        assertEquals(12, resources.getStringArray(Task.KEYWORD.labels).length);
    }
}
