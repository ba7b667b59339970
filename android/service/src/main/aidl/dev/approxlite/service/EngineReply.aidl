package dev.approxlite.service;

/** What an engine returns, whichever call it was. */
parcelable EngineReply {
    /** 0: done; else 1 + the ordinal of EngineException.Reason. */
    int error;
    String message;

    /** Of an answer. */
    int rung;
    int candidate;
    int chosen;
    float chosenEvidence;
    int reason;
    float evidence;
    long latencyNs;
    int rungsRun;
    boolean checkDue;

    /** Of a check: whether one was made. */
    boolean checked;
    boolean agrees;
    float loss;

    /** Of an answer, of a check and of the guard. */
    int alarm;

    /** Of the guard. */
    long answers;
    long canaries;
    long disagreements;
    double disagreementShare;
    double eValue;
    byte[] state;
}
