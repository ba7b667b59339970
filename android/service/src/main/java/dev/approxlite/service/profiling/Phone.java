package dev.approxlite.service.profiling;

import java.util.List;
import java.util.Map;

/** What an agent reads of the phone, and its clocks. */
public interface Phone {
    /**
     * The phone at one moment.
     *
     * @param temperatures degrees Celsius by sensor; empty where nothing is known
     * @param thermalStatus 0 to 6; -1: unknown
     * @param thermalHeadroom share of what the phone can bear, 1 being severe; NaN: unknown
     * @param charge 0 to 1; NaN: unknown
     * @param plugged 1: a charger is connected; 0: none; -1: unknown
     */
    record State(
            Map<String, Double> temperatures, int thermalStatus, float thermalHeadroom, float charge, int plugged) {}

    /**
     * A reading of a facility that takes its value itself, and may answer with an old one.
     *
     * @param value in the facility's unit
     * @param asOfNs when it took the value, on the clock of {@link Phone#bootNs}
     */
    record Metered(String source, long value, long asOfNs) {}

    /** Number of this process. */
    int process();

    /** Nanoseconds of a clock that never goes back, sleep included. */
    long bootNs();

    /** Seconds since 1970. */
    double timeS();

    /** Waits, or less long where whoever measures is told to end. */
    void sleepUntil(long bootNs);

    /** Asks each service once. */
    State state();

    /** Raw numbers of power facilities by source, in their own units; without those that are missing. Takes no time. */
    Map<String, Long> power();

    /** Of facilities that other processes have to be asked for: not more often than once a second. */
    List<Metered> metered();

    /** Power facilities that cannot be read here, and why, in a few words. */
    Map<String, String> missing();
}
