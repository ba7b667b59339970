package dev.approxlite.audit;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.approxlite.audit.AuditLog.Event;
import dev.approxlite.policy.Contract;
import dev.approxlite.policy.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** An audit log keeps every record that was appended, in a chain that shows whatever is changed. */
public class AuditLogTest {
    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private Path file;

    @Before
    public void nameFile() {
        file = temporary.getRoot().toPath().resolve("audit.jsonl");
    }

    private void append(int records, long mostBytes) throws Exception {
        try (AuditLog log = AuditLog.open(file, mostBytes)) {
            for (int i = 0; i < records; ++i) {
                log.append(Event.SWITCH, "rung 0", "rung \"1\"\n", "budget", i == 0 ? Double.NaN : i);
            }
        }
    }

    private static List<JsonObject> chain(Path file, String before) throws Exception {
        List<JsonObject> records = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            JsonObject record = JsonParser.parseString(line).getAsJsonObject();
            assertEquals(before, record.get("previous_sha256").getAsString());
            before = Sha256.of(line.getBytes(StandardCharsets.UTF_8));
            records.add(record);
        }
        return records;
    }

    @Test
    public void recordsAreNumberedAndChainedAcrossRestarts() throws Exception {
        append(3, 1 << 20);
        append(2, 1 << 20);
        List<JsonObject> records = chain(file, AuditLog.BEGINNING);
        assertEquals(5, records.size());
        for (int i = 0; i < 5; ++i) {
            assertEquals(i, records.get(i).get("sequence").getAsInt());
        }
        assertTrue(records.get(0).get("evidence").isJsonNull());
        assertEquals("rung \"1\"\n", records.get(0).get("to").getAsString());
    }

    @Test
    public void aCutAtAnyByteLosesTheInterruptedRecordOnly() throws Exception {
        append(3, 1 << 20);
        byte[] whole = Files.readAllBytes(file);
        for (int size = 0; size <= whole.length; ++size) {
            Files.write(file, Arrays.copyOf(whole, size));
            int kept = (int) new String(whole, 0, size, StandardCharsets.UTF_8).chars().filter(c -> c == '\n').count();
            append(1, 1 << 20);
            List<JsonObject> records = chain(file, AuditLog.BEGINNING);
            assertEquals(kept + 1, records.size());
            assertEquals(kept, records.get(kept).get("sequence").getAsInt());
        }
    }

    @Test
    public void twoFilesOfBoundedSizeHoldTheEndOfTheChain() throws Exception {
        append(200, 4096);
        append(1, 4096);
        Path older = file.resolveSibling("older-audit.jsonl");
        assertTrue(Files.size(file) <= 4096 && Files.size(older) <= 4096);
        List<JsonObject> last = chain(file, Sha256.of(lastLine(older)));
        assertEquals(200, last.get(last.size() - 1).get("sequence").getAsInt());
    }

    @Test
    public void theLogThatOtherLanguagesReadGoesOnWhereItEnds() throws Exception {
        Files.copy(Contract.path("audit.jsonl"), file);
        append(1, 1 << 20);
        List<JsonObject> records = chain(file, AuditLog.BEGINNING);
        JsonObject tail = JsonParser.parseString(Contract.text("audit_tail.json")).getAsJsonObject();
        JsonObject added = records.get(records.size() - 1);
        assertEquals(tail.get("sha256").getAsString(), added.get("previous_sha256").getAsString());
        assertEquals(tail.get("sequence").getAsLong() + 1, added.get("sequence").getAsLong());
    }

    @Test
    public void aDamagedLineStaysAndSoDoesAllThatWasWrittenAfterIt() throws Exception {
        append(4, 1 << 20);
        byte[] whole = Files.readAllBytes(file);
        int second = new String(whole, StandardCharsets.UTF_8).indexOf('\n') + 1;
        for (int damaged : new int[] {0, second}) {
            byte[] changed = whole.clone();
            changed[damaged] = 0;
            Files.write(file, changed);
            append(1, 1 << 20);
            byte[] now = Files.readAllBytes(file);
            assertArrayEquals(changed, Arrays.copyOf(now, changed.length));
            String last = new String(lastLine(file), StandardCharsets.UTF_8);
            JsonObject added = JsonParser.parseString(last).getAsJsonObject();
            assertEquals(4, added.get("sequence").getAsInt());
        }
    }

    @Test
    public void aLogOfDamagedLinesAloneGoesOnCounting() throws Exception {
        append(200, 4096);
        int lines = Files.readAllLines(file).size();
        Files.write(file, "x\n".repeat(lines).getBytes(StandardCharsets.UTF_8));
        try (AuditLog log = AuditLog.open(file, 4096)) {
            assertEquals(199, log.lastSequence());
            assertEquals(Sha256.of("x".getBytes(StandardCharsets.UTF_8)), log.lastSha256());
        }
    }

    @Test
    public void aLogThatCannotBeRotatedGoesOnOnceItCan() throws Exception {
        Path older = file.resolveSibling("older-audit.jsonl");
        try (AuditLog log = AuditLog.open(file, 4096)) {
            Path inTheWay = Files.createFile(Files.createDirectory(older).resolve("something"));
            IOException refused = null;
            for (int i = 0; i < 100 && refused == null; ++i) {
                try {
                    log.append(Event.SWITCH, "rung 0", "rung 1", "budget", i);
                } catch (IOException expected) {
                    refused = expected;
                }
            }
            assertNotNull(refused);
            long last = log.lastSequence();
            Files.delete(inTheWay);
            Files.delete(older);
            log.append(Event.SWITCH, "rung 0", "rung 1", "budget", 1);
            assertEquals(last + 1, log.lastSequence());
            assertEquals(1, chain(file, Sha256.of(lastLine(older))).size());
        }
    }

    private static byte[] lastLine(Path file) throws Exception {
        List<String> lines = Files.readAllLines(file);
        return lines.get(lines.size() - 1).getBytes(StandardCharsets.UTF_8);
    }
}
