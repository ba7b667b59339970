package dev.approxlite.service.profiling;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.approxlite.storage.DurableFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

/** rows.jsonl: appended and flushed row by row; what a power cut left of the last line is cut off. */
final class RowsFile implements Closeable {
    private final FileChannel channel;
    private final Set<Long> done = new HashSet<>();
    private long size;

    private RowsFile(FileChannel channel) {
        this.channel = channel;
    }

    /** @throws IOException if it cannot be used, or a line within it is no row; one line that says which */
    static RowsFile open(Path file) throws IOException {
        byte[] content = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
        RowsFile rows = new RowsFile(FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
        try {
            rows.recover(content, file);
            DurableFile.syncFolder(file);
            return rows;
        } catch (IOException problem) {
            rows.close();
            throw problem;
        }
    }

    private void recover(byte[] content, Path file) throws IOException {
        int begin = 0;
        for (int at = 0, line = 1; at < content.length; ++at) {
            if (content[at] != '\n') {
                continue;
            }
            if (!take(new String(content, begin, at - begin, StandardCharsets.UTF_8))) {
                if (at + 1 == content.length) {
                    break; // a power cut can leave the last line with its end but not its middle
                }
                throw new IOException(file + ", line " + line + ": no row; move the file away to measure anew");
            }
            begin = at + 1;
            ++line;
        }
        size = begin;
        if (begin < content.length) {
            channel.truncate(begin);
            channel.force(true);
        }
    }

    private boolean take(String line) {
        try {
            JsonObject row = JsonParser.parseString(line).getAsJsonObject();
            if (row.get("kind").getAsString().equals("block")) {
                done.add(row.get("block").getAsLong());
            }
            return true;
        } catch (JsonParseException | IllegalStateException | UnsupportedOperationException
                | NullPointerException | NumberFormatException noRow) {
            return false;
        }
    }

    /** Blocks that have a row. */
    boolean isDone(long block) {
        return done.contains(block);
    }

    /** On return the row survives a power cut; where it throws, nothing of it is left. block: -1 for other kinds. */
    void append(String row, long block) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((row + "\n").getBytes(StandardCharsets.UTF_8));
        long end = size + bytes.remaining();
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes, end - bytes.remaining());
            }
            channel.force(true);
        } catch (IOException problem) {
            channel.truncate(size);
            throw problem;
        }
        size = end;
        if (block >= 0) {
            done.add(block);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
