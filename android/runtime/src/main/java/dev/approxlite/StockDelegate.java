package dev.approxlite;

import org.tensorflow.lite.Delegate;
import org.tensorflow.lite.TensorFlowLite;

/**
 * TensorFlow Lite's own XNNPACK, which its Java interpreter does not apply by itself: what runs the operators that our
 * engine leaves, and the baseline that shares of time are of. Close it after the interpreter that it was given to.
 */
public final class StockDelegate implements Delegate {
    private long delegate;

    /**
     * For one interpreter.
     *
     * @param numThreads 1 to 16
     * @throws IllegalStateException if the runtime has no XNNPACK
     */
    public StockDelegate(int numThreads) {
        this(created(numThreads));
        if (delegate == 0) {
            throw new IllegalStateException(
                    "TensorFlow Lite's library brings no XNNPACK, so there is no stock time here");
        }
    }

    private StockDelegate(long delegate) {
        this.delegate = delegate;
    }

    private static long created(int numThreads) {
        TensorFlowLite.init(); // loads its library
        return NativeStock.create(numThreads);
    }

    /** For one interpreter; null if the runtime has no XNNPACK. */
    static StockDelegate ifThere(int numThreads) {
        long made = created(numThreads);
        return made == 0 ? null : new StockDelegate(made);
    }

    @Override
    public long getNativeHandle() {
        return delegate;
    }

    @Override
    public void close() {
        if (delegate != 0) {
            NativeStock.destroy(delegate);
            delegate = 0;
        }
    }
}
