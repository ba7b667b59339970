package dev.approxlite.audit;

import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.approxlite.policy.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the whole lines of an audit file end, and what the last of them says. */
final class AuditTail {
    /** How many lines are whole, and how many bytes they take. */
    final int lines;

    final long bytes;
    /** Of the last whole line; 0 and "" if there is none. */
    final long sequence;

    final String hash;

    private AuditTail(int lines, long bytes, long sequence, String hash) {
        this.lines = lines;
        this.bytes = bytes;
        this.sequence = sequence;
        this.hash = hash;
    }

    static AuditTail of(Path file) throws IOException {
        byte[] content = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
        int lines = 0;
        int begin = 0;
        long sequence = 0;
        String hash = "";
        for (int at = 0; at < content.length; ++at) {
            if (content[at] != '\n') {
                continue;
            }
            long found = sequenceOf(new String(content, begin, at - begin, StandardCharsets.UTF_8));
            if (found < 0) {
                break; // whatever follows was not written by a log
            }
            sequence = found;
            hash = Sha256.of(content, begin, at - begin);
            begin = at + 1;
            ++lines;
        }
        return new AuditTail(lines, begin, sequence, hash);
    }

    /** -1 if the line is no record. */
    private static long sequenceOf(String line) {
        try {
            return JsonParser.parseString(line).getAsJsonObject().get("sequence").getAsLong();
        } catch (JsonParseException | IllegalStateException | NullPointerException | NumberFormatException noRecord) {
            return -1;
        }
    }
}
