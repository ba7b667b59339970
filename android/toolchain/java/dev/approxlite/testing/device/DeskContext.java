package dev.approxlite.testing.device;

import android.content.Intent;
import android.content.ServiceConnection;
import java.util.concurrent.Executor;
import org.robolectric.annotation.Implementation;
import org.robolectric.annotation.Implements;
import org.robolectric.shadows.ShadowContextImpl;

/** Binds an instance of an isolated service to the service itself: here all of them are one process. */
@Implements(className = "android.app.ContextImpl")
public final class DeskContext extends ShadowContextImpl {
    @Implementation
    protected boolean bindIsolatedService(
            Intent service, int flags, String name, Executor executor, ServiceConnection connection) {
        return bindService(service, flags, executor, connection);
    }
}
