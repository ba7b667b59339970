package dev.approxlite;

import org.tensorflow.lite.Delegate;

/**
 * TensorFlow Lite's own XNNPACK, which its Java interpreter does not apply by itself: the baseline that shares of time
 * are of. Close it after the interpreter that it was given to.
 */
public final class StockDelegate implements Delegate {
    private long delegate;

    /**
     * For one interpreter. One was made before, so that the runtime's library is loaded.
     *
     * @param numThreads 1 to 16
     * @throws IllegalStateException if the runtime has no XNNPACK
     */
    public StockDelegate(int numThreads) {
        delegate = NativeStock.create(numThreads);
        if (delegate == 0) {
            throw new IllegalStateException(
                    "TensorFlow Lite's library brings no XNNPACK, so there is no stock time here");
        }
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
