package dev.approxlite.service;

import android.os.ParcelFileDescriptor;
import dev.approxlite.service.EngineReply;
import dev.approxlite.service.IEngine;

/** The isolated process that engines live in; for the service alone. */
interface IEngineHost {
    /** Null where it cannot be; reply says why. Probes are checked before it returns. guardState: empty for none. */
    IEngine open(in ParcelFileDescriptor policy, in ParcelFileDescriptor[] models, in byte[] guardState,
        out EngineReply reply);

    int numericsVersion();

    String kernelVariant();
}
