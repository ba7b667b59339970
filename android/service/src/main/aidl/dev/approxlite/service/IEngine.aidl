package dev.approxlite.service;

import android.os.SharedMemory;
import dev.approxlite.service.EngineReply;

/** One engine in the isolated process: dev.approxlite.service.engine.EngineProcess across binder. */
interface IEngine {
    int[] tensorBytes();

    void attach(int region, in SharedMemory memory);

    void detach(int region);

    void answer(int region, int inputOffset, int outputOffset, double timeS, float inputChange, float deadlineMs,
        float battery, int charging, float thermalHeadroom, out EngineReply reply);

    void finish(out EngineReply reply);

    void pin(int rung);

    void guard(out EngineReply reply);

    /** Lets memory go as soon as nothing runs; who calls does not wait for that. */
    oneway void close();
}
