package dev.approxlite.policy;

import dev.approxlite.storage.DurableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a {@link PolicyStore} remembers: five lines of text, the last one the sha256 of the others. Immutable. */
final class StoreState {
    static final String FILE = "state";
    /** Of the files that policies lie in. */
    static final String SUFFIX = ".approx";
    /** Of a store that never held anything. */
    static final StoreState NEW = new StoreState(null, null, null, -1, false);

    private static final Pattern TEXT = Pattern.compile(
            "(running ([0-9a-f]{64}|none)\nlast-good ([0-9a-f]{64}|none)\nprevious ([0-9a-f]{64}|none)\n"
                    + "highest-sequence (-1|[0-9]{1,18})\n)sha256 ([0-9a-f]{64})\n");
    private static final int MOST_BYTES = 1024;

    final String running;
    final String lastGood;
    /** Good before the last good one. */
    final String previous;
    final long highestSequence;
    final boolean damaged;

    /** running, lastGood, previous: names of policies, null for none. */
    StoreState(String running, String lastGood, String previous, long highestSequence, boolean damaged) {
        this.running = running;
        this.lastGood = lastGood;
        this.previous = previous;
        this.highestSequence = highestSequence;
        this.damaged = damaged;
    }

    static StoreState read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return hasPolicies(folder) ? new StoreState(null, null, null, -1, true) : NEW;
        }
        String text = Files.size(file) > MOST_BYTES ? "" : new String(Files.readAllBytes(file),
                StandardCharsets.ISO_8859_1);
        Matcher fields = TEXT.matcher(text);
        if (!fields.matches() || !checksum(fields.group(1)).equals(fields.group(6))) {
            return new StoreState(null, null, null, -1, true);
        }
        return new StoreState(
                name(fields.group(2)), name(fields.group(3)), name(fields.group(4)), Long.parseLong(fields.group(5)),
                false);
    }

    void write(Path folder) throws IOException {
        String text = "running " + text(running) + "\nlast-good " + text(lastGood) + "\nprevious " + text(previous)
                + "\nhighest-sequence " + highestSequence + "\n";
        text += "sha256 " + checksum(text) + "\n";
        DurableFile.replace(folder.resolve(FILE), text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static boolean hasPolicies(Path folder) throws IOException {
        try (DirectoryStream<Path> policies = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            return policies.iterator().hasNext();
        }
    }

    private static String checksum(String text) {
        return Sha256.of(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String text(String name) {
        return name == null ? "none" : name;
    }

    private static String name(String text) {
        return text.equals("none") ? null : text;
    }
}
