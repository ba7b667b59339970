package dev.approxlite;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Views of buffers whose own position and limit are left alone. */
final class Buffers {
    private Buffers() {}

    /** All of it, from position 0 on, in native byte order. */
    static ByteBuffer whole(ByteBuffer buffer) {
        ByteBuffer view = buffer.duplicate().order(ByteOrder.nativeOrder());
        ((Buffer) view).clear(); // ByteBuffer's own clear() is newer than Android 8
        return view;
    }

    /** All bytes of one into another as large. */
    static void copy(ByteBuffer from, ByteBuffer to) {
        whole(to).put(whole(from));
    }
}
