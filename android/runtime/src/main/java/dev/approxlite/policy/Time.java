package dev.approxlite.policy;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;

/** Times as policies write them: RFC 3339 with an offset. */
final class Time {
    private Time() {}

    static Instant read(Fields fields, String name) throws PolicyException {
        try {
            return OffsetDateTime.parse(fields.text(name)).toInstant();
        } catch (DateTimeException problem) {
            throw fields.invalid(name, "should be a time such as 2026-01-02T03:04:05Z");
        }
    }
}
