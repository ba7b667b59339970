package dev.approxlite;

/** XNNPACK of the TensorFlow Lite that this app has loaded. */
final class NativeStock {
    static {
        System.loadLibrary("approxlite");
    }

    private NativeStock() {}

    /** Address of a delegate; 0: the runtime has none. */
    static native long create(int threads);

    static native void destroy(long delegate);
}
