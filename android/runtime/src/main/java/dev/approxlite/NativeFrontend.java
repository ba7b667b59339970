package dev.approxlite;

/** frontend.h, function for function; handles are addresses, and 0 is none. */
final class NativeFrontend {
    static {
        System.loadLibrary("approxlite");
    }

    private NativeFrontend() {}

    static native long createKeyword();

    static native void destroy(long mfcc);

    /** Null: {@code sound} has not one whole frame. */
    static native float[] compute(long mfcc, short[] sound);
}
