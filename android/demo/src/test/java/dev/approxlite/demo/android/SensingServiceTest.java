package dev.approxlite.demo.android;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.Application;
import android.app.Notification;
import android.content.Intent;
import android.content.pm.PackageManager;
import android.content.pm.ServiceInfo;
import android.os.Looper;
import android.widget.Spinner;
import android.widget.Switch;
import dev.approxlite.demo.R;
import java.util.Arrays;
import java.util.List;
import org.junit.After;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.android.controller.ServiceController;
import org.robolectric.annotation.Config;
import org.robolectric.shadows.ShadowPowerManager;

/** A task goes on unseen only where a person asked for it, under a notification that ends it. */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 34)
public class SensingServiceTest extends Screen {
    private final Application app = RuntimeEnvironment.getApplication();
    private ServiceController<SensingService> service;

    @After
    public void endTheService() throws InterruptedException {
        if (SensingService.kept() != null) {
            started(new Intent(SensingService.STOP));
        }
        if (service != null) {
            service.destroy();
        }
        assertNull(SensingService.kept());
    }

    /** What Android does with a start of the service. */
    private void started(Intent intent) {
        if (service == null) {
            service = Robolectric.buildService(SensingService.class).create();
        }
        service.get().onStartCommand(intent, 0, 1);
    }

    private void goOn() throws InterruptedException {
        begin();
        background().setChecked(true);
        Intent start = shadowOf(app).getNextStartedService();
        assertEquals(SensingService.class.getName(), start.getComponent().getClassName());
        started(start);
    }

    private Switch background() {
        return controller.get().findViewById(R.id.background);
    }

    private Notification notification() {
        return shadowOf(service.get()).getLastForegroundNotification();
    }

    @Test
    public void aTaskGoesOnUnseenUnderANotificationThatSaysSo() throws Exception {
        goOn();
        assertEquals(ServiceInfo.FOREGROUND_SERVICE_TYPE_HEALTH, service.get().getForegroundServiceType());
        assertEquals(
                "Activity, by the accelerometer", notification().extras.getCharSequence(Notification.EXTRA_TEXT));
        assertTrue(ShadowPowerManager.getLatestWakeLock().isHeld());
        controller.pause().stop();
        feelUnseen();
        assertNotNull(sink);
        engines.label = 3;
        controller.restart().resume();
        assertTrue(background().isChecked());
        feel();
        assertEquals("sitting, 75 %", text(R.id.result));
    }

    /** Nobody is shown what is recognised now. */
    private void feelUnseen() throws InterruptedException {
        engines.firstInput = 0;
        worker.post(() -> {
            float[] input = new float[384];
            input[0] = 5;
            sink.take(input);
        });
        waitUntil(() -> engines.firstInput == 5);
        shadowOf(Looper.getMainLooper()).idle();
        assertEquals("Listening …", text(R.id.result));
    }

    @Test
    public void itsNotificationEndsIt() throws Exception {
        goOn();
        controller.pause().stop();
        assertEquals(1, notification().actions.length);
        Intent stop = shadowOf(notification().actions[0].actionIntent).getSavedIntent();
        assertEquals(SensingService.STOP, stop.getAction());
        started(stop);
        waitUntil(() -> sink == null && engines.open == 0);
        assertTrue(shadowOf(service.get()).isStoppedBySelf());
        assertFalse(ShadowPowerManager.getLatestWakeLock().isHeld());
        controller.restart().resume();
        assertFalse(background().isChecked());
        waitUntil(() -> sink != null);
    }

    @Test
    public void endedFromItsNotificationWhileItIsSeenItStaysSeen() throws Exception {
        goOn();
        started(new Intent(SensingService.STOP));
        assertFalse(background().isChecked());
        assertNotNull(sink);
        controller.pause().stop();
        waitUntil(() -> sink == null);
    }

    @Test
    public void aPersonTakesItBack() throws Exception {
        goOn();
        background().setChecked(false);
        started(shadowOf(app).getNextStartedService());
        assertTrue(shadowOf(service.get()).isStoppedBySelf());
        assertNotNull(sink);
        controller.pause().stop();
        waitUntil(() -> sink == null);
    }

    @Test
    public void anotherTaskDoesNotGoOnUnasked() throws Exception {
        goOn();
        Spinner tasks = controller.get().findViewById(R.id.task);
        tasks.setSelection(Task.KEYWORD.ordinal());
        waitUntil(() -> sink == null);
        assertNull(SensingService.kept());
        assertFalse(background().isEnabled());
    }

    @Test
    public void turningTheScreenTakesItAlong() throws Exception {
        goOn();
        var before = sink;
        controller.recreate();
        assertTrue(background().isChecked());
        assertTrue(before == sink);
        background().setChecked(false);
    }

    @Test
    public void theManifestAsksForWhatAndroid14Wants() throws Exception {
        begin();
        PackageManager packages = app.getPackageManager();
        List<String> asked = Arrays.asList(packages
                .getPackageInfo(app.getPackageName(), PackageManager.GET_PERMISSIONS).requestedPermissions);
        for (String each : List.of(
                "FOREGROUND_SERVICE", "FOREGROUND_SERVICE_HEALTH", "FOREGROUND_SERVICE_MICROPHONE",
                "HIGH_SAMPLING_RATE_SENSORS", "POST_NOTIFICATIONS", "RECORD_AUDIO", "WAKE_LOCK")) {
            assertTrue(each, asked.contains("android.permission." + each));
        }
        ServiceInfo info = packages.getServiceInfo(
                new android.content.ComponentName(app, SensingService.class), PackageManager.GET_META_DATA);
        assertEquals(
                ServiceInfo.FOREGROUND_SERVICE_TYPE_HEALTH | ServiceInfo.FOREGROUND_SERVICE_TYPE_MICROPHONE,
                info.getForegroundServiceType());
        assertFalse(info.exported);
    }
}
