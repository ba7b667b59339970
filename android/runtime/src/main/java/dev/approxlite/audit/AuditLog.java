package dev.approxlite.audit;

import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonWriter;
import dev.approxlite.policy.Sha256;
import dev.approxlite.storage.DurableFile;
import java.io.Closeable;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * What was switched, refused and decided on this phone, and by whom: JSON Lines, only ever appended to, each with the
 * sha256 of the line before it, so that a line that was changed or taken out shows. Two files of at most {@code mostBytes}
 * are kept; the chain goes on from one to the next. Each record survives a power cut that follows it; one that a cut
 * interrupts is dropped at the next start. A line that was damaged stays where it is, where the chain shows it, and so
 * does all that follows it. Thread-safe; one log belongs to one process.
 */
public final class AuditLog implements Closeable {
    /** What happened. */
    public enum Event {
        /** Another rung or candidate runs. */
        SWITCH,
        /** The guard raised an alarm: exact runs. */
        ALARM,
        /** A policy was installed, confirmed, rolled back or refused. */
        POLICY,
        /** A person pinned, paused or resumed. */
        OVERRIDE,
        /** A caller was turned away. */
        REFUSED
    }

    /** The hash before the first line of all. */
    public static final String BEGINNING = "0".repeat(64);

    private final Path file;
    private final Path older;
    private final long mostBytes;
    private FileChannel channel;
    private long sequence;
    private String before;

    private AuditLog(Path file, long mostBytes) {
        this.file = file;
        this.older = file.resolveSibling("older-" + file.getFileName());
        this.mostBytes = mostBytes;
    }

    /**
     * Opens the log, and makes it if it is not there; the end of a line that a power cut interrupted is cut off.
     *
     * @param file in a folder that is there
     * @param mostBytes of each of the two files, at least 4096
     * @throws IOException if it cannot be written
     */
    public static AuditLog open(Path file, long mostBytes) throws IOException {
        if (mostBytes < 4096) {
            throw new IllegalArgumentException("an audit log of " + mostBytes + " bytes holds nothing");
        }
        AuditLog log = new AuditLog(file, mostBytes);
        log.resume();
        return log;
    }

    /**
     * Appends a record; on return it survives a power cut.
     *
     * @param event what happened
     * @param from what was before, such as "rung 3"; at most 200 characters are kept, as of all texts
     * @param to what is now
     * @param reason why
     * @param evidence what that rests on; NaN if there is none
     * @throws IOException if it cannot be written; the log is as it was
     */
    public synchronized void append(Event event, String from, String to, String reason, double evidence)
            throws IOException {
        byte[] line = line(event, from, to, reason, evidence);
        if (channel.size() + line.length > mostBytes) {
            rotate();
        }
        long end = channel.size();
        try {
            ByteBuffer bytes = ByteBuffer.wrap(line);
            while (bytes.hasRemaining()) {
                channel.write(bytes, end + bytes.position());
            }
            channel.force(true);
        } catch (IOException problem) {
            channel.truncate(end);
            throw problem;
        }
        before = hash(line);
        ++sequence;
    }

    /** The files that hold the log, the older one first; those that are there. */
    public synchronized List<Path> files() {
        List<Path> files = new ArrayList<>();
        for (Path each : new Path[] {older, file}) {
            if (Files.exists(each)) {
                files.add(each);
            }
        }
        return files;
    }

    /** Sequence number of the last record; -1 before the first. */
    public synchronized long lastSequence() {
        return sequence - 1;
    }

    /** sha256 of the last line, as the next one will name it; {@link #BEGINNING} before the first. */
    public synchronized String lastSha256() {
        return before;
    }

    /** What a line of a log is numbered; -1 if it is no record, as one that was damaged may be. */
    public static long sequenceOf(String line) {
        try {
            return JsonParser.parseString(line).getAsJsonObject().get("sequence").getAsLong();
        } catch (JsonParseException | IllegalStateException | NullPointerException | NumberFormatException noRecord) {
            return -1;
        }
    }

    @Override
    public synchronized void close() throws IOException {
        channel.close();
    }

    private byte[] line(Event event, String from, String to, String reason, double evidence) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            json.name("sequence").value(sequence);
            json.name("time").value(Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
            json.name("event").value(event.name().toLowerCase(java.util.Locale.ROOT));
            json.name("from").value(bounded(from));
            json.name("to").value(bounded(to));
            json.name("reason").value(bounded(reason));
            json.name("evidence");
            if (Double.isNaN(evidence) || Double.isInfinite(evidence)) {
                json.nullValue();
            } else {
                json.value(evidence);
            }
            json.name("previous_sha256").value(before);
            json.endObject();
        }
        return (text + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static String bounded(String text) {
        return text.length() <= 200 ? text : text.substring(0, 200);
    }

    private static String hash(byte[] line) {
        return Sha256.of(line, 0, line.length - 1);
    }

    private void resume() throws IOException {
        before = BEGINNING;
        sequence = 0;
        AuditTail past = AuditTail.of(older, 0);
        AuditTail tail = AuditTail.of(file, past.lines > 0 ? past.sequence + 1 : 0);
        AuditTail last = tail.lines > 0 ? tail : past;
        if (last.lines > 0) {
            before = last.hash;
            sequence = last.sequence + 1;
        }
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (channel.size() > tail.bytes) {
            channel.truncate(tail.bytes);
            channel.force(true);
        }
        DurableFile.syncFolder(file);
    }

    /** Where it fails, the file that is written stays the one it was, and open. */
    private void rotate() throws IOException {
        Path next = file.resolveSibling("next-" + file.getFileName());
        FileChannel opened = FileChannel.open(
                next, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        try {
            Files.move(file, older, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException problem) {
            opened.close();
            if (!Files.exists(file)) {
                Files.move(older, file, StandardCopyOption.ATOMIC_MOVE);
            }
            throw problem;
        }
        channel.close();
        channel = opened;
        DurableFile.syncFolder(file);
    }
}
