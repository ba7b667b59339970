package dev.approxlite.demo.android;

import android.content.Context;
import android.os.Handler;
import dev.approxlite.demo.live.Source;
import dev.approxlite.engine.Engines;
import dev.approxlite.engine.PhoneAdmission;

/** What the demo is made of, which on a desk is other than on a phone. */
interface Parts {
    /** Engines in this process. */
    Engines engines(Context context);

    /** What a policy has to pass before it is followed. */
    PhoneAdmission.Trial trial(Engines engines);

    /**
     * Starts to listen; null if the device has no such sensor.
     *
     * @param handler of the thread that inputs are given on
     */
    Source open(Task task, Context context, Handler handler, Source.Sink sink);
}
