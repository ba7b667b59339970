package dev.approxlite.service.profiling;

import java.util.Map;

/** What an agent reads of the phone, and its clocks. */
public interface Phone {
    /** Number of this process. */
    int process();

    /** Nanoseconds of a clock that never goes back, sleep included. */
    long bootNs();

    /** Seconds since 1970. */
    double timeS();

    /** Waits, or less long where whoever measures is told to end. */
    void sleepUntil(long bootNs);

    /** Degrees Celsius by sensor; empty where nothing is known. */
    Map<String, Double> temperatures();

    /** 0 to 6; -1: unknown. */
    int thermalStatus();

    /** 0 to 1; NaN: unknown. */
    float charge();

    /** 1: a charger is connected; 0: none; -1: unknown. */
    int plugged();

    /** Raw numbers of power facilities by source, in their own units; without those that are missing. */
    Map<String, Long> power();
}
