package dev.approxlite.audit;

import dev.approxlite.policy.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the whole lines of an audit file end, and what the last of them says. A line that is no record, since it was
 * damaged, counts as one: those after it were written knowing what it was.
 */
final class AuditTail {
    /** How many lines are whole, and how many bytes they take. */
    final int lines;

    final long bytes;
    /** Of the last whole line, or of what it was; 0 and "" if there is none. */
    final long sequence;

    final String hash;

    private AuditTail(int lines, long bytes, long sequence, String hash) {
        this.lines = lines;
        this.bytes = bytes;
        this.sequence = sequence;
        this.hash = hash;
    }

    /** first: what its first line should be numbered. */
    static AuditTail of(Path file, long first) throws IOException {
        byte[] content = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
        int lines = 0;
        int begin = 0;
        long sequence = 0;
        String hash = "";
        for (int at = 0; at < content.length; ++at) {
            if (content[at] != '\n') {
                continue;
            }
            long found = AuditLog.sequenceOf(new String(content, begin, at - begin, StandardCharsets.UTF_8));
            sequence = found >= 0 ? found : lines == 0 ? first : sequence + 1;
            hash = Sha256.of(content, begin, at - begin);
            begin = at + 1;
            ++lines;
        }
        return new AuditTail(lines, begin, sequence, hash);
    }
}
