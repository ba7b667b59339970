package dev.approxlite.testing.service;

import dev.approxlite.engine.Check;
import dev.approxlite.engine.GuardStatus;

/** What an engine has to say that nothing watches and nobody pins. */
abstract class Unwatched {
    /** No answer is ever checked. */
    public Check finish() {
        return null;
    }

    /** There is one rung. */
    public void pin(int rung) {}

    /** There is none. */
    public GuardStatus guard() {
        return GuardStatus.NONE;
    }
}
