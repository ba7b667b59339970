package dev.approxlite.demo.android;

import android.content.Context;
import android.os.Handler;
import dev.approxlite.NativeEngines;
import dev.approxlite.demo.live.LiveModel;
import dev.approxlite.demo.live.Source;
import dev.approxlite.engine.Engines;
import dev.approxlite.service.android.BinderRemote;
import dev.approxlite.service.client.InProcess;
import dev.approxlite.service.client.Remote;
import java.nio.file.Path;

/** The service app where it is, the native engine, and the phone's sensors. */
final class PhoneParts implements Parts {
    @Override
    public Engines engines(Context context) {
        return new NativeEngines();
    }

    @Override
    public LiveModel.Own own(Engines engines, Path guards) {
        return (archive, models) -> new InProcess(engines, archive, models, guards);
    }

    @Override
    public Remote remote(Context context, String model) {
        return new BinderRemote(context, BinderRemote.PACKAGE, model);
    }

    @Override
    public Source open(Task task, Context context, Handler handler, Source.Sink sink) {
        return task == Task.ACTIVITY
                ? MotionSource.open(context, handler, sink)
                : SoundSource.open(context, handler, sink);
    }
}
