package dev.approxlite.service.android;

import android.os.SharedMemory;
import dev.approxlite.service.engine.Region;

/** Memory of a client, as it came by binder. */
final class SharedRegion implements Region {
    final SharedMemory memory;

    SharedRegion(SharedMemory memory) {
        this.memory = memory;
    }

    @Override
    public long bytes() {
        return memory.getSize();
    }

    @Override
    public void close() {
        memory.close();
    }
}
