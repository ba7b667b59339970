package dev.approxlite.service.profiling;

import dev.approxlite.service.profiling.PlannedBlock.PlanException;
import java.util.HashMap;
import java.util.Map;

/**
 * How an agent is told what to do: {@code protocol=1 folder=F model=M engine=E runtime=R threads=1 seed=0}.
 *
 * @param folder where plan.jsonl lies and rows.jsonl goes
 * @param model the model's file
 * @param engine library of ours; an APK brings its own and takes only {@code own}
 * @param runtime TensorFlow Lite's; likewise
 * @param threads 1 to 16
 * @param seed of the inputs, an unsigned 64-bit number
 */
public record StartLine(String folder, String model, String engine, String runtime, int threads, long seed) {
    /** The version that is spoken here. */
    public static final int PROTOCOL = 1;
    /** Of engine and runtime in an APK. */
    public static final String OWN = "own";

    private static final int MOST_THREADS = 16;
    private static final int LONGEST = 16_384;

    /** @throws PlanException for unknown, missing or repeated keys, and values out of their ranges */
    public static StartLine parse(String line) throws PlanException {
        if (line.length() > LONGEST) {
            throw new PlanException("start line: longer than " + LONGEST + " characters");
        }
        Map<String, String> given = new HashMap<>();
        for (String word : line.trim().split(" +")) {
            int equals = word.indexOf('=');
            if (equals < 0) {
                throw new PlanException("start line: '" + shown(word) + "' is not key=value");
            }
            if (given.put(word.substring(0, equals), word.substring(equals + 1)) != null) {
                throw new PlanException("start line: '" + shown(word.substring(0, equals)) + "' is given twice");
            }
        }
        String protocol = take(given, "protocol", null);
        if (!protocol.equals(Integer.toString(PROTOCOL))) {
            throw new PlanException("start line: protocol " + shown(protocol) + " is not spoken here, only "
                    + PROTOCOL);
        }
        StartLine read = new StartLine(
                take(given, "folder", null), take(given, "model", null), take(given, "engine", null),
                take(given, "runtime", null), threads(take(given, "threads", "1")), seed(take(given, "seed", "0")));
        if (!given.isEmpty()) {
            throw new PlanException("start line: unknown key '" + shown(given.keySet().iterator().next()) + "'");
        }
        return read;
    }

    private static String take(Map<String, String> given, String key, String otherwise) throws PlanException {
        String value = given.containsKey(key) ? given.remove(key) : otherwise;
        if (value == null || value.isEmpty()) {
            throw new PlanException("start line: '" + key + "' is " + (value == null ? "missing" : "empty"));
        }
        return value;
    }

    private static int threads(String text) throws PlanException {
        int threads = text.matches("[0-9]{1,2}") ? Integer.parseInt(text) : 0;
        if (threads < 1 || threads > MOST_THREADS) {
            throw new PlanException("start line: threads=" + shown(text) + " is not between 1 and " + MOST_THREADS);
        }
        return threads;
    }

    private static long seed(String text) throws PlanException {
        try {
            if (text.matches("[0-9]{1,20}")) {
                return Long.parseUnsignedLong(text);
            }
        } catch (NumberFormatException tooLarge) {
            // said below
        }
        throw new PlanException("start line: seed=" + shown(text) + " is no whole number");
    }

    private static String shown(String text) {
        return text.substring(0, Math.min(64, text.length())).replaceAll("[^\\x20-\\x7e]", "?");
    }
}
