package dev.approxlite.service.android;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.content.Intent;
import android.os.Looper;
import android.os.PowerManager;
import dev.approxlite.service.LocalProcesses;
import dev.approxlite.service.profiling.Agent;
import java.io.File;
import java.io.FileOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.android.controller.ServiceController;
import org.robolectric.annotation.Config;
import org.robolectric.shadows.ShadowPowerManager;

/** Profiling starts in the foreground, and only with a line that leads nowhere else. */
@RunWith(RobolectricTestRunner.class)
@Config(manifest = Config.NONE, sdk = 34)
public class ProfilingServiceTest {
    @Before
    public void prepare() {
        ServiceHolder.of(RuntimeEnvironment.getApplication(), new LocalProcesses(), archive -> {});
    }

    @After
    public void end() throws Exception {
        ServiceHolder.end();
    }

    private static ProfilingService started(String line) throws Exception {
        ServiceController<ProfilingService> controller = Robolectric.buildService(
                ProfilingService.class, new Intent().putExtra(ProfilingService.EXTRA_LINE, line));
        ProfilingService service = controller.create().startCommand(0, 1).get();
        // A run that ends at once has left the foreground by now.
        assertTrue(shadowOf(service).getLastForegroundNotification() != null
                || shadowOf(service).isForegroundStopped());
        for (int i = 0; i < 500 && service.lastStatus < 0; ++i) {
            Thread.sleep(10);
        }
        return service;
    }

    private static boolean isAwake() {
        PowerManager.WakeLock lock = ShadowPowerManager.getLatestWakeLock();
        return lock != null && lock.isHeld();
    }

    @Test
    public void aLineThatIsWrongOrLeadsElsewhereEndsWithStatusTwo() throws Exception {
        String root = RuntimeEnvironment.getApplication().getExternalFilesDir(null).getPath();
        String[] lines = {
            "", "protocol=1", "protocol=1 folder=/etc model=/etc/passwd engine=own runtime=own",
            "protocol=1 folder=" + root + "/../../elsewhere model=" + root + "/m engine=own runtime=own",
            "protocol=1 folder=" + root + " model=" + root + "/m engine=/data/local/tmp/lib.so runtime=own",
        };
        for (String line : lines) {
            ProfilingService service = started(line);
            assertEquals(service.lastWhy, Agent.UNUSABLE, service.lastStatus);
            assertTrue(service.lastWhy.startsWith("start line: "));
        }
    }

    @Test
    public void aStartThatIsTurnedAwayKeepsNoServiceBehind() throws Exception {
        File root = RuntimeEnvironment.getApplication().getExternalFilesDir(null);
        File model = new File(root, "waits");
        assertEquals(0, new ProcessBuilder("mkfifo", model.getPath()).start().waitFor());
        String line = "protocol=1 folder=" + root + " model=" + model + " engine=own runtime=own";
        ServiceController<ProfilingService> controller = Robolectric.buildService(
                ProfilingService.class, new Intent().putExtra(ProfilingService.EXTRA_LINE, line));
        ProfilingService service = controller.create().startCommand(0, 1).startCommand(0, 2).get();
        shadowOf(Looper.getMainLooper()).idle();
        assertFalse("it still measures", shadowOf(service).isStoppedBySelf());
        for (int i = 0; i < 1000 && !isAwake(); ++i) {
            Thread.sleep(10);
        }
        assertTrue("the phone stays awake", isAwake());
        new FileOutputStream(model).close(); // which is what the first one waits for
        for (int i = 0; i < 1000 && !shadowOf(service).isStoppedBySelf(); ++i) {
            Thread.sleep(10);
            shadowOf(Looper.getMainLooper()).idle();
        }
        assertTrue(shadowOf(service).isStoppedBySelf());
        assertFalse("it may sleep again", isAwake());
        assertEquals("the newest start", 2, shadowOf(service).getStopSelfId());
    }

    @Test
    public void theManifestSaysWhatAndroid14AsksOfSuchAService() throws Exception {
        String manifest = Files.readString(Path.of("android/service/src/main/AndroidManifest.xml"));
        String service = manifest.split("ProfilingService\"")[1].split("</service>")[0];
        assertTrue(service.contains("foregroundServiceType=\"specialUse\""));
        assertTrue(service.contains("android.app.PROPERTY_SPECIAL_USE_FGS_SUBTYPE"));
        assertTrue(manifest.contains("android.permission.POST_NOTIFICATIONS"));
    }

    @Test
    public void anApkWithoutTheNativeLibrarySaysSo() throws Exception {
        File root = RuntimeEnvironment.getApplication().getExternalFilesDir(null);
        File model = new File(root, "m");
        Files.write(model.toPath(), new byte[] {1});
        ProfilingService service = started("protocol=1 folder=" + root + " model=" + model + " engine=own runtime=own");
        assertEquals(service.lastWhy, Agent.CANNOT_RUN, service.lastStatus);
        assertEquals("3", new String(Files.readAllBytes(new File(root, "status").toPath())).trim());
        assertTrue(Files.size(new File(root, "agent.log").toPath()) > 0);
    }
}
