package dev.approxlite.demo.android;

import android.content.Context;
import android.os.Handler;
import dev.approxlite.NativeEngines;
import dev.approxlite.demo.live.Source;
import dev.approxlite.engine.Engines;
import dev.approxlite.engine.PhoneAdmission;

/** The native engine and the phone's sensors. */
final class PhoneParts implements Parts {
    @Override
    public Engines engines(Context context) {
        return new NativeEngines();
    }

    @Override
    public PhoneAdmission.Trial trial(Engines engines) {
        return PhoneAdmission.inProcess(engines);
    }

    @Override
    public Source open(Task task, Context context, Handler handler, Source.Sink sink) {
        return task == Task.ACTIVITY
                ? MotionSource.open(context, handler, sink)
                : SoundSource.open(context, handler, sink);
    }
}
