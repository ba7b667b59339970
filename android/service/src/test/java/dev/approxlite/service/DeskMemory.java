package dev.approxlite.service;

import android.os.SharedMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.robolectric.annotation.Implementation;
import org.robolectric.annotation.Implements;
import org.robolectric.shadow.api.Shadow;

/**
 * Stands for SharedMemory where app, service and engine are one process. There binder gives each side a handle of its
 * own; here all have the same one, so that closing or unmapping it leaves it to the others.
 */
@Implements(SharedMemory.class)
public final class DeskMemory {
    private ByteBuffer content;

    @Implementation
    protected static SharedMemory create(String name, int bytes) {
        SharedMemory memory = Shadow.newInstanceOf(SharedMemory.class);
        DeskMemory desk = Shadow.extract(memory);
        desk.content = ByteBuffer.allocateDirect(bytes);
        return memory;
    }

    @Implementation
    protected int getSize() {
        return content.capacity();
    }

    @Implementation
    protected ByteBuffer mapReadWrite() {
        return content.duplicate().order(ByteOrder.nativeOrder());
    }

    @Implementation
    protected static void unmap(ByteBuffer mapped) {}

    @Implementation
    protected void close() {}
}
