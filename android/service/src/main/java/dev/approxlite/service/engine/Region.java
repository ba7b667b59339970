package dev.approxlite.service.engine;

import java.io.Closeable;

/** Memory that a client shares for tensors: a SharedMemory on a phone, a mapped file on a desk. */
public interface Region extends Closeable {
    /** Its size. */
    long bytes();

    @Override
    void close();
}
