package dev.approxlite.demo.android;

import android.content.Context;
import android.os.Handler;
import dev.approxlite.demo.live.LiveModel;
import dev.approxlite.demo.live.Source;
import dev.approxlite.engine.Engines;
import dev.approxlite.service.client.Remote;
import java.nio.file.Path;

/** What the demo is made of, which on a desk is other than on a phone. */
interface Parts {
    /** Engines in this process. */
    Engines engines(Context context);

    /** The app's own engine, and where what its guard knows is kept. */
    LiveModel.Own own(Engines engines, Path guards);

    /** The service, asked for a model of this hash; null: none. */
    Remote remote(Context context, String model);

    /**
     * Starts to listen; null if the device has no such sensor.
     *
     * @param handler of the thread that inputs are given on
     */
    Source open(Task task, Context context, Handler handler, Source.Sink sink);
}
