package dev.approxlite.service;

/** Outcomes of requests. The numbers of an answer are those of dev.approxlite.engine.Answer. */
oneway interface IReplies {
    void answered(long sequence, int rung, int candidate, int chosen, float chosenEvidence, int reason, float evidence,
        long latencyNs, int rungsRun);

    void failed(long sequence, int code, String message);
}
