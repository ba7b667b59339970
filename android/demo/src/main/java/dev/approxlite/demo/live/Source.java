package dev.approxlite.demo.live;

import java.io.Closeable;

/** Where inputs of a model come from, for as long as it is open. */
public interface Source extends Closeable {
    /** Takes inputs as the model takes them, on the thread that opened the source. */
    interface Sink {
        void take(float[] input);
    }

    @Override
    void close();
}
