package dev.approxlite.testing.service;

import dev.approxlite.service.engine.EngineHost;
import dev.approxlite.service.engine.Region;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Memory that processes share by mapping one file, which stands in for SharedMemory on a desk. */
final class SharedFile implements Region {
    private final Path path;
    private final long bytes;

    SharedFile(Path path, long bytes) {
        this.path = path;
        this.bytes = bytes;
    }

    static SharedFile create(Path path, int bytes) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(1), bytes - 1L);
        }
        return new SharedFile(path, bytes);
    }

    Path path() {
        return path;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    /** As the last descriptor of a SharedMemory: afterwards nobody can map it any more. */
    @Override
    public void close() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException gone) {
            throw new IllegalStateException(gone);
        }
    }

    /** Mapped into this process. */
    EngineHost.Mapped map() throws IOException {
        ByteBuffer mapped;
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            mapped = file.map(FileChannel.MapMode.READ_WRITE, 0, bytes).order(ByteOrder.nativeOrder());
        }
        return new EngineHost.Mapped() {
            private boolean closed;

            @Override
            public ByteBuffer bytes() {
                return mapped;
            }

            @Override
            public void close() {
                if (!closed) {
                    closed = true;
                    unmap(mapped);
                }
            }
        };
    }

    /** What SharedMemory.unmap does on a phone; Java on a desk hides it. */
    private static void unmap(ByteBuffer mapped) {
        try {
            Class<?> type = Class.forName("sun.misc.Unsafe");
            Field one = type.getDeclaredField("theUnsafe");
            one.setAccessible(true);
            Method clean = type.getMethod("invokeCleaner", ByteBuffer.class);
            clean.invoke(one.get(null), mapped);
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
