package dev.approxlite.testing.device;

import static org.robolectric.Shadows.shadowOf;

import android.app.Application;
import android.content.ComponentName;
import android.content.Intent;
import android.os.BatteryManager;
import android.os.IBinder;
import android.os.Looper;
import android.os.Process;
import dev.approxlite.service.DeskMemory;
import dev.approxlite.service.android.ControlProvider;
import dev.approxlite.service.android.EngineService;
import dev.approxlite.service.android.InferenceService;
import java.io.File;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;
import org.robolectric.shadows.ShadowBinder;
import org.robolectric.shadows.ShadowBuild;
import org.robolectric.shadows.ShadowProcess;

/**
 * The service app, whole, for one device of the farm: its services, provider, engine and TensorFlow Lite as the APK has
 * them, in this virtual machine, answering the device's tools until it is killed. All callers come as the shell.
 *
 * <p>Properties: {@code device.root} is the device's file system, {@code device.fingerprint}, {@code
 * device.hardware}, {@code device.board} and {@code device.abis} are of its build.
 */
@RunWith(RobolectricTestRunner.class)
@Config(manifest = Config.NONE, sdk = 34, shadows = {DeskMemory.class, DeskClock.class, DeskContext.class})
public class DeviceHost {
    private static final String PACKAGE = "dev.approxlite.service";

    private final File root = new File(System.getProperty("device.root"));
    private Application app;
    private ActivityTool activities;

    /** Never ends by itself. */
    @Test
    @SuppressWarnings("deprecation") // sticky broadcasts are how a battery tells of itself
    public void serve() throws Exception {
        app = RuntimeEnvironment.getApplication();
        ShadowBuild.setFingerprint(System.getProperty("device.fingerprint"));
        ShadowBuild.setHardware(System.getProperty("device.hardware"));
        ShadowBuild.setBoard(System.getProperty("device.board"));
        ShadowBuild.setSupportedAbis(System.getProperty("device.abis").split(","));
        ShadowProcess.setPid((int) ProcessHandle.current().pid());
        ShadowBinder.setCallingUid(Process.SHELL_UID);
        ShadowBinder.setCallingPid(Process.myPid());
        shadowOf(app).grantPermissions(Process.myPid(), Process.SHELL_UID, InferenceService.PERMISSION);
        lie("data/data/" + PACKAGE + "/files", app.getFilesDir());
        lie("data/data/" + PACKAGE + "/cache", app.getCacheDir());
        lie("sdcard/Android/data/" + PACKAGE + "/files", app.getExternalFilesDir(null));
        app.sendStickyBroadcast(new Intent(Intent.ACTION_BATTERY_CHANGED)
                .putExtra(BatteryManager.EXTRA_LEVEL, 64)
                .putExtra(BatteryManager.EXTRA_SCALE, 100)
                .putExtra(BatteryManager.EXTRA_VOLTAGE, 3981)
                .putExtra(BatteryManager.EXTRA_TEMPERATURE, 287)
                .putExtra(BatteryManager.EXTRA_PLUGGED, BatteryManager.BATTERY_PLUGGED_USB));
        offer(new Intent(app, EngineService.class), Robolectric.buildService(EngineService.class).create().get()
                .onBind(new Intent()));
        offer(new Intent(InferenceService.ACTION).setPackage(app.getPackageName()),
                Robolectric.buildService(InferenceService.class).create().get().onBind(new Intent()));
        Robolectric.setupContentProvider(ControlProvider.class, "dev.approxlite.control");
        activities = new ActivityTool(root);
        Path socket = root.toPath().resolve("data/farm/android");
        Files.deleteIfExists(socket);
        // A socket's name may not be long: the working folder is the socket's.
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of("android"));
            Thread thread = new Thread(() -> accept(server), "device-tools");
            thread.setDaemon(true);
            thread.start();
            while (thread.isAlive()) {
                shadowOf(Looper.getMainLooper()).idle();
                Thread.sleep(1);
            }
        }
    }

    /** What an app calls its folder is the device's, where it is after a restart as well. */
    private void lie(String path, File folder) throws IOException {
        Path real = Files.createDirectories(root.toPath().resolve(path));
        Files.delete(folder.toPath());
        Files.createSymbolicLink(folder.toPath(), real);
    }

    private void offer(Intent intent, IBinder binder) {
        ComponentName name = intent.getComponent() != null ? intent.getComponent()
                : new ComponentName(app, InferenceService.class);
        shadowOf(app).setComponentNameAndServiceForBindServiceForIntent(intent, name, binder);
    }

    private void accept(ServerSocketChannel server) {
        try {
            for (;;) {
                SocketChannel channel = server.accept();
                Thread thread = new Thread(() -> answer(channel), "device-tool");
                thread.setDaemon(true);
                thread.start();
            }
        } catch (IOException closed) {
            // so is the device
        }
    }

    private interface Tool {
        int run(Caller caller) throws IOException;
    }

    private void answer(SocketChannel channel) {
        try (Caller caller = new Caller(channel)) {
            Map<String, Tool> tools = Map.of(
                    "content", new ContentTool(app.getContentResolver())::run,
                    "am", activities::run,
                    "app", new AppTool(app, root)::run,
                    "pidof", this::processNumber);
            Tool tool = tools.get(caller.words().get(0));
            caller.end(tool == null ? 127 : tool.run(caller));
        } catch (IOException | RuntimeException problem) {
            System.err.println("a tool's call ended early: " + problem);
        }
    }

    private int processNumber(Caller caller) throws IOException {
        if (!caller.words().subList(1, caller.words().size()).contains(PACKAGE)) {
            return 1;
        }
        caller.print(Integer.toString(Process.myPid()));
        return 0;
    }
}
