package dev.approxlite.service.android;

import android.content.Context;
import android.content.pm.PackageManager;
import dev.approxlite.context.DeviceClass;
import dev.approxlite.context.DeviceMonitor;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.PhoneAdmission;
import dev.approxlite.policy.PolicyStore;
import dev.approxlite.policy.TrustedKeys;
import dev.approxlite.service.ServiceCore;
import dev.approxlite.service.engine.EngineLauncher;
import dev.approxlite.service.policy.KeyFolder;
import dev.approxlite.service.policy.ModelFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;

/** The one {@link ServiceCore} of this process, which its service, provider and receiver share. */
final class ServiceHolder {
    private static ServiceHolder current;

    private final Context app;
    private final ServiceCore core;
    private final ModelFolder models;
    private final DeviceMonitor monitor;

    private ServiceHolder(Context app, EngineLauncher launcher, PolicyStore.Admission admission) throws IOException {
        this.app = app;
        models = new ModelFolder(app.getFilesDir().toPath().resolve("models"));
        app.getExternalFilesDir(null); // made here, for the shell to put plans into
        monitor = new DeviceMonitor(app);
        EngineBinding binding = new EngineBinding(app, models);
        ServiceCore.Parts parts = new ServiceCore.Parts();
        parts.folder = app.getFilesDir().toPath();
        parts.launcher = launcher == null ? binding : launcher;
        parts.admission = admission == null ? admission(binding) : admission;
        parts.models = models;
        parts.version = version(app);
        parts.kernels = binding::knownKernels;
        parts.keys = this::pinnedKeys;
        parts.permissions = (permission, pid, uid) -> InferenceService.holds(app, permission, pid, uid);
        parts.device = monitor::device;
        core = new ServiceCore(parts);
    }

    /** Made when it is first asked for; lives as long as the process. */
    static synchronized ServiceHolder of(Context context) {
        return of(context, null, null);
    }

    /** With other engines and another admission, for tests; null: the phone's. */
    static synchronized ServiceHolder of(Context context, EngineLauncher launcher, PolicyStore.Admission admission) {
        if (current == null) {
            try {
                current = new ServiceHolder(context.getApplicationContext(), launcher, admission);
            } catch (IOException problem) {
                throw new IllegalStateException("the service's files cannot be used: " + problem.getMessage(), problem);
            }
        }
        return current;
    }

    /** Ends what {@link #of} made, as the end of the process does. */
    static synchronized void end() throws IOException {
        if (current != null) {
            current.core.close();
            current.monitor.close();
            current = null;
        }
    }

    ServiceCore core() {
        return core;
    }

    DeviceMonitor monitor() {
        return monitor;
    }

    private static String version(Context app) {
        try {
            String name = app.getPackageManager().getPackageInfo(app.getPackageName(), 0).versionName;
            return name == null ? "" : name;
        } catch (PackageManager.NameNotFoundException impossible) {
            return ""; // an app knows itself
        }
    }

    /** Keys that were pinned when the APK was built. */
    private TrustedKeys pinnedKeys() {
        TrustedKeys keys = TrustedKeys.none();
        try {
            String[] pinned = app.getAssets().list("trusted_keys");
            for (String each : pinned == null ? new String[0] : pinned) {
                try (InputStream content = app.getAssets().open("trusted_keys/" + each)) {
                    byte[] pem = new byte[KeyFolder.MOST_BYTES];
                    int size = Math.max(0, content.read(pem));
                    keys = keys.with(new String(pem, 0, size, StandardCharsets.US_ASCII));
                }
            }
            return keys;
        } catch (IOException | IllegalArgumentException problem) {
            return keys; // a key that cannot be read is one that nobody trusts
        }
    }

    private PolicyStore.Admission admission(EngineBinding binding) {
        return archive -> {
            try (IsolatedProcess trial = binding.startTrial()) {
                new PhoneAdmission(models, trial.kernels().numericsVersion(), DeviceClass.here(), Clock.systemUTC(),
                                (candidate, contents) -> trial.open(candidate, models, null).close())
                        .admit(archive);
            } catch (EngineException problem) {
                throw PhoneAdmission.refusal(problem);
            }
        };
    }
}
