package dev.approxlite.service.profiling;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.IOException;
import java.io.StringReader;
import java.util.Collections;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A line of plan.jsonl as docs/agent-protocol.md has it. Its bytes come from elsewhere and are not trusted.
 *
 * @param block its number, from 0 on
 * @param subject what runs
 * @param configuration for {@link Subject#APPROXLITE}
 * @param scales by operator: fixed 8-bit grids
 * @param inferences counted ones, at least
 * @param uncounted before them
 * @param operators whether to time operators, in further runs
 * @param seconds how long the counted part takes at least
 * @param gapMs between inferences
 * @param readingsMs between readings of power; 0: at begin and end only
 * @param longestS then the block is ended
 * @param hottestC waits until every sensor is below; 0: does not wait
 */
public record PlannedBlock(
        long block,
        Subject subject,
        String configuration,
        Map<String, Grid> scales,
        long inferences,
        long uncounted,
        boolean operators,
        double seconds,
        long gapMs,
        long readingsMs,
        double longestS,
        double hottestC) {
    /** Longest line, in characters. */
    static final int LONGEST_LINE = 1 << 20;
    /** Most times at which a block reads power. */
    static final int MOST_READINGS = 20_000;

    private static final long LARGEST_NUMBER = 1L << 53; // what JSON carries without loss
    private static final long MOST_INFERENCES = 10_000_000;
    private static final double LONGEST_SECONDS = 86_400;
    private static final int MOST_SCALES = 4096;

    /** What a block runs. */
    public enum Subject {
        APPROXLITE, STOCK, IDLE
    }

    /** real = scale * (quantised - zeroPoint), quantised in 0..255. */
    public record Grid(float scale, int zeroPoint) {}

    /** A plan cannot be used; one line that says why. */
    public static final class PlanException extends Exception {
        private static final long serialVersionUID = 1L;

        PlanException(String message) {
            super(message);
        }
    }

    /** @throws PlanException for anything but one object with known members in their ranges */
    public static PlannedBlock parse(String line) throws PlanException {
        if (line.length() > LONGEST_LINE) {
            throw new PlanException("longer than 1 MiB");
        }
        try (JsonReader reader = new JsonReader(new StringReader(line))) {
            reader.setStrictness(Strictness.STRICT);
            PlannedBlock block = new Reading(reader).block();
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new PlanException("more than one object");
            }
            return block;
        } catch (IOException | IllegalStateException | NumberFormatException problem) {
            throw new PlanException("no JSON object (" + String.valueOf(problem.getMessage()).split("\n", 2)[0] + ")");
        }
    }

    /** Reads one object. */
    private static final class Reading {
        private final JsonReader reader;
        private final Set<String> names = new HashSet<>();
        private long block = -1;
        private Subject subject;
        private String configuration = "exact";
        private Map<String, Grid> scales = Collections.emptyMap();
        private long inferences;
        private long uncounted;
        private boolean operators;
        private double seconds;
        private long gapMs;
        private long readingsMs;
        private double longestS = 60;
        private double hottestC;

        Reading(JsonReader reader) {
            this.reader = reader;
        }

        PlannedBlock block() throws IOException, PlanException {
            reader.beginObject();
            while (reader.hasNext()) {
                String name = reader.nextName();
                if (!names.add(name)) {
                    throw new PlanException("a member is there twice");
                }
                member(name);
            }
            reader.endObject();
            check();
            return new PlannedBlock(
                    block, subject, configuration, scales, inferences, uncounted, operators, seconds, gapMs,
                            readingsMs, longestS, hottestC);
        }

        private void member(String name) throws IOException, PlanException {
            switch (name) {
                case "block" -> block = whole(name, LARGEST_NUMBER);
                case "subject" -> subject = subject();
                case "configuration" -> configuration = text(name);
                case "scales" -> scales = scales();
                case "inferences" -> inferences = whole(name, MOST_INFERENCES);
                case "uncounted" -> uncounted = whole(name, MOST_INFERENCES);
                case "operators" -> operators = truth(name);
                case "seconds" -> seconds = real(name, LONGEST_SECONDS);
                case "gap_ms" -> gapMs = whole(name, 60_000);
                case "readings_ms" -> readingsMs = whole(name, 3_600_000);
                case "longest_s" -> longestS = real(name, LONGEST_SECONDS);
                case "hottest_c" -> hottestC = real(name, 150);
                default -> throw new PlanException("unknown member '" + shown(name) + "'");
            }
        }

        private void check() throws PlanException {
            require(names.contains("block"), "'block' is missing");
            require(subject != null, "'subject' is missing");
            require(longestS > 0, "'longest_s' is not above 0");
            require(
                    readingsMs == 0 || longestS * 1e3 / readingsMs <= MOST_READINGS,
                    "'readings_ms' gives more than " + MOST_READINGS + " readings within 'longest_s'");
            if (subject == Subject.IDLE) {
                require(seconds > 0, "'seconds' is not above 0, and idle lasts so long");
            } else {
                require(inferences > 0 || seconds > 0, "neither 'inferences' nor 'seconds' is above 0");
            }
        }

        private static void require(boolean holds, String otherwise) throws PlanException {
            if (!holds) {
                throw new PlanException(otherwise);
            }
        }

        private long whole(String name, long most) throws IOException, PlanException {
            String number = reader.peek() == JsonToken.NUMBER ? reader.nextString() : "";
            long value = number.matches("[0-9]{1,16}") ? Long.parseLong(number) : -1;
            require(value >= 0 && value <= most, "'" + name + "' is no whole number from 0 to " + most);
            return value;
        }

        private double real(String name, double most) throws IOException, PlanException {
            double value = reader.peek() == JsonToken.NUMBER ? Double.parseDouble(reader.nextString()) : -1;
            require(value >= 0 && value <= most, "'" + name + "' is no number from 0 to " + most);
            return value;
        }

        private boolean truth(String name) throws IOException, PlanException {
            require(reader.peek() == JsonToken.BOOLEAN, "'" + name + "' is neither true nor false");
            return reader.nextBoolean();
        }

        private String text(String name) throws IOException, PlanException {
            require(reader.peek() == JsonToken.STRING, "'" + name + "' is no text");
            String text = reader.nextString();
            require(text.indexOf('\0') < 0, "'" + name + "' has a zero in it");
            return text;
        }

        private Subject subject() throws IOException, PlanException {
            String name = text("subject");
            for (Subject each : Subject.values()) {
                if (each.name().toLowerCase(Locale.ROOT).equals(name)) {
                    return each;
                }
            }
            throw new PlanException("'subject' is none of approxlite, stock, idle");
        }

        private Map<String, Grid> scales() throws IOException, PlanException {
            Map<String, Grid> grids = new TreeMap<>();
            reader.beginObject();
            while (reader.hasNext()) {
                String id = reader.nextName();
                require(grids.size() < MOST_SCALES, "'scales' is too large");
                reader.beginArray();
                float scale = (float) real("scale of '" + shown(id) + "'", Float.MAX_VALUE);
                int zeroPoint = (int) whole("zero point of '" + shown(id) + "'", 255);
                require(scale > 0, "the scale of '" + shown(id) + "' is not above 0");
                reader.endArray();
                if (grids.put(id, new Grid(scale, zeroPoint)) != null) {
                    throw new MalformedJsonException("a name occurs twice");
                }
            }
            reader.endObject();
            return Collections.unmodifiableMap(grids);
        }

        private static String shown(String name) {
            return name.substring(0, Math.min(64, name.length())).replaceAll("[^\\x20-\\x7e]", "?");
        }
    }
}
