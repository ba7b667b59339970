package dev.approxlite.service.android;

import android.app.Service;
import android.content.Intent;
import android.os.IBinder;
import android.os.ParcelFileDescriptor;
import dev.approxlite.NativeEngines;
import dev.approxlite.engine.Engine;
import dev.approxlite.engine.EngineException;
import dev.approxlite.engine.Engines;
import dev.approxlite.engine.Probes;
import dev.approxlite.policy.PolicyArchive;
import dev.approxlite.policy.PolicyException;
import dev.approxlite.service.EngineReply;
import dev.approxlite.service.IEngine;
import dev.approxlite.service.IEngineHost;
import dev.approxlite.service.engine.EngineHost;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * The isolated process: no permission, no files, no network. Policies and models come as descriptors, answers go into
 * memory that clients share. Whatever goes wrong in native code ends here, at the latest when it is unbound.
 */
public class EngineService extends Service {
    private final Engines engines = new NativeEngines();
    private final IEngineHost.Stub binder = new IEngineHost.Stub() {
        @Override
        public int numericsVersion() {
            return engines.kernels().numericsVersion();
        }

        @Override
        public String kernelVariant() {
            return engines.kernels().variant();
        }

        @Override
        public IEngine open(ParcelFileDescriptor policy, ParcelFileDescriptor[] models, byte[] guardState,
                EngineReply reply) {
            try {
                return openEngine(policy, models, guardState.length == 0 ? null : guardState);
            } catch (LinkageError missing) {
                EngineBinder.fail(reply, new EngineException(
                        EngineException.Reason.CANNOT_RUN, "no engine is in this APK, which should have been built with"
                                + " the native library (" + missing.getMessage() + ")"));
            } catch (PolicyException problem) {
                EngineBinder.fail(reply, new EngineException(
                        problem.reason() == PolicyException.Reason.WRONG_PROBES
                                || problem.reason() == PolicyException.Reason.OTHER_NUMERICS
                                ? EngineException.Reason.WRONG_PROBES
                                : EngineException.Reason.CANNOT_RUN,
                        problem.getMessage()));
            } catch (EngineException problem) {
                EngineBinder.fail(reply, problem);
            } catch (IOException problem) {
                EngineBinder.fail(reply, new EngineException(EngineException.Reason.CANNOT_RUN, ""
                        + problem.getMessage()));
            }
            return null;
        }
    };

    @Override
    public IBinder onBind(Intent intent) {
        return binder;
    }

    private IEngine openEngine(ParcelFileDescriptor policy, ParcelFileDescriptor[] models, byte[] guardState)
            throws IOException, PolicyException, EngineException {
        List<ByteBuffer> contents = new ArrayList<>();
        for (ParcelFileDescriptor each : models) {
            contents.add(map(each));
        }
        PolicyArchive archive = PolicyArchive.read(map(policy));
        archive.policy().requireNumerics(engines.kernels().numericsVersion()); // an update may have brought other kernels
        Engine engine = engines.open(archive, contents, guardState);
        try {
            Probes.check(archive.policy(), engine);
        } catch (PolicyException | EngineException refused) {
            engine.close();
            throw refused;
        }
        return new EngineBinder(new EngineHost(engine));
    }

    private static ByteBuffer map(ParcelFileDescriptor file) throws IOException {
        try (FileChannel channel = new ParcelFileDescriptor.AutoCloseInputStream(file).getChannel()) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
        }
    }
}
