package dev.approxlite.engine;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.Test;

/** Java's names are those of the headers, number by number. */
public class NamesTest {
    private static int check(String header, String prefix, IntFunction<String> name) throws IOException {
        Path file = Paths.get(System.getProperty("contract"), "../../native/include/approxlite", header);
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        Matcher found = Pattern.compile(prefix + "(\\w+)\\s*=\\s*(\\d+)").matcher(text);
        int count = 0;
        for (; found.find(); ++count) {
            assertEquals(found.group(1).toLowerCase(Locale.ROOT), name.apply(Integer.parseInt(found.group(2))));
        }
        return count;
    }

    @Test
    public void everyReasonAndAlarmHasTheNameThatTheHeaderGivesIt() throws IOException {
        assertEquals("unknown", Names.reason(check("controller.h", "APPROX_REASON_", Names::reason)));
        assertEquals("unknown", Names.alarm(check("guard.h", "APPROX_ALARM_", Names::alarm)));
        assertEquals("unknown", Names.reason(-1));
        assertTrue(Names.alarm(1).equals("disagreement"));
    }
}
