package dev.approxlite.engine;

import java.util.List;

/** What the numbers of controller.h and guard.h are called in logs and traces, on the desk and on the phone alike. */
public final class Names {
    private static final List<String> REASONS = List.of(
            "first_stage", "confident", "unsure", "last_stage", "not_finite", "pinned", "alarm", "unchanged", "stable",
            "unstable", "budget", "budget_infeasible", "deadline", "late", "heat", "cool", "canary", "no_canary",
            "agrees", "differs", "tripwire");
    private static final List<String> ALARMS = List.of(
            "none", "disagreement", "not_finite", "constant", "out_of_range", "unreadable", "other_policy", "person",
            "zero");

    private Names() {}

    /** Of {@code approx_reason}; "unknown" for any other number. */
    public static String reason(int number) {
        return of(REASONS, number);
    }

    /** Of {@code approx_alarm}; "unknown" for any other number. */
    public static String alarm(int number) {
        return of(ALARMS, number);
    }

    private static String of(List<String> names, int number) {
        return number >= 0 && number < names.size() ? names.get(number) : "unknown";
    }
}
